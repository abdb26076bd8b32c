import java.io.File;
import java.io.FileInputStream;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Enumeration;
import java.util.HexFormat;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipInputStream;

/** What Java's two readers see: a line "archive TAB reader TAB sha256 TAB name in hex" an entry. */
public class Listed {
    public static void main(String[] archives) {
        for (String archive : archives) {
            byDirectory(archive);
            byStream(archive);
        }
    }

    static void byDirectory(String archive) {
        try (ZipFile zip = new ZipFile(new File(archive))) {
            for (Enumeration<? extends ZipEntry> all = zip.entries(); all.hasMoreElements(); ) {
                ZipEntry entry = all.nextElement();
                try (InputStream content = zip.getInputStream(entry)) {
                    say(archive, "ZipFile", content, entry);
                }
            }
        } catch (Exception | InternalError fault) {
            fail(archive, "ZipFile");
        }
    }

    static void byStream(String archive) {
        try (ZipInputStream zip = new ZipInputStream(new FileInputStream(archive))) {
            for (ZipEntry entry; (entry = zip.getNextEntry()) != null; ) {
                say(archive, "ZipInputStream", zip, entry);
            }
        } catch (Exception | InternalError fault) {
            fail(archive, "ZipInputStream");
        }
    }

    static void say(String archive, String reader, InputStream content, ZipEntry entry)
            throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        byte[] piece = new byte[65536];
        for (int size; (size = content.read(piece)) > 0; ) {
            digest.update(piece, 0, size);
        }
        HexFormat hex = HexFormat.of();
        String name = hex.formatHex(entry.getName().getBytes("UTF-8"));
        System.out.println(
                String.join("\t", archive, reader, hex.formatHex(digest.digest()), name));
    }

    static void fail(String archive, String reader) {
        System.out.println(String.join("\t", archive, reader, "fault", ""));
    }
}
