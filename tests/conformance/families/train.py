"""Trains one model of each family and task in the environment that runs this; saves what it says.

python train.py OUT: for each case OUT/<case>/model as MLflow saves it, OUT/<case>/expected.npy with
the scores in process; OUT/rows.parquet with the inputs. Of a binary model the score is that of
"yes"; of a multiclass one a column for each of a, b, c.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from mlflow.models import infer_signature

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
warnings.filterwarnings("ignore")
OUT = Path(sys.argv[1])
PROCESSOR = ["CPUExecutionProvider"]
CHANCE = np.random.RandomState(4)
N = 400
X = pd.DataFrame(CHANCE.normal(size=(N, 3)), columns=["x1", "x2", "x3"])
WORDS = X.assign(word=CHANCE.choice(["red", "blue", "green"], N))
RISK = X["x1"] - 0.5 * X["x2"] + (WORDS["word"] == "red") + CHANCE.normal(size=N)
YES = np.where(RISK > 0.4, "yes", "no")
ONE = (RISK > 0.4).astype(int)
CLASS = np.array(["a", "b", "c"])[np.digitize(RISK, [-0.3, 0.8])]
CODE = np.digitize(RISK, [-0.3, 0.8])
AMOUNT = 100 * RISK.to_numpy() + 1000


def save(case, library, model, expected, given=X, **more):
    import importlib

    module = importlib.import_module(f"mlflow.{library}")
    folder = OUT / case
    folder.mkdir(parents=True)
    module.save_model(
        model,
        str(folder / "model"),
        signature=infer_signature(given),
        pip_requirements=["none"],
        **more,
    )
    np.save(folder / "expected.npy", np.asarray(expected, dtype="float64"))


def sklearn():
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import LinearSVC

    binary = LogisticRegression().fit(X, YES)
    save("sklearn-binary", "sklearn", binary, binary.predict_proba(X)[:, 1])
    three = RandomForestClassifier(20, random_state=1).fit(X, CLASS)
    save("sklearn-multiclass", "sklearn", three, three.predict_proba(X))
    amount = GradientBoostingRegressor(random_state=1).fit(X, AMOUNT)
    save("sklearn-regression", "sklearn", amount, amount.predict(X))
    margin = LinearSVC().fit(X, YES)
    save("sklearn-margin-binary", "sklearn", margin, margin.decision_function(X))


def xgboost():
    import xgboost as xgb

    few = {"n_estimators": 20, "max_depth": 3, "n_jobs": 1}
    binary = xgb.XGBClassifier(**few, early_stopping_rounds=2)
    binary.fit(X[:300], ONE[:300], eval_set=[(X[300:], ONE[300:])], verbose=False)
    save("xgboost-binary", "xgboost", binary, binary.predict_proba(X)[:, 1])
    three = xgb.XGBClassifier(**few).fit(X, CODE)
    save("xgboost-multiclass-012", "xgboost", three, three.predict_proba(X))
    amount = xgb.XGBRegressor(**few, base_score=900).fit(X, AMOUNT)
    save("xgboost-regression", "xgboost", amount, amount.predict(X))
    data = xgb.DMatrix(X, label=ONE)
    for objective in ("binary:logistic", "binary:logitraw", "rank:pairwise"):
        booster = xgb.train({"objective": objective, "max_depth": 3}, data, 15)
        name = objective.replace(":", "-")
        save(f"xgboost-{name}-binary", "xgboost", booster, booster.predict(data))
    raw = xgb.XGBClassifier(**few, objective="binary:logitraw").fit(X, ONE)
    save("xgboost-raw-binary", "xgboost", raw, raw.get_booster().predict(data))


def lightgbm():
    import lightgbm as lgb

    few = {"n_estimators": 20, "verbose": -1, "n_jobs": 1}
    given = WORDS.assign(word=WORDS["word"].astype("category"))
    binary = lgb.LGBMClassifier(**few).fit(given, YES)
    save("lightgbm-binary", "lightgbm", binary, binary.predict_proba(given)[:, 1], WORDS)
    three = lgb.LGBMClassifier(**few).fit(X, CLASS)
    save("lightgbm-multiclass", "lightgbm", three, three.predict_proba(X))
    amount = lgb.LGBMRegressor(**few).fit(X, AMOUNT)
    save("lightgbm-regression", "lightgbm", amount, amount.predict(X))
    native = lgb.train(
        {"objective": "multiclass", "num_class": 3, "verbose": -1}, lgb.Dataset(X, CODE), 20
    )
    save("lightgbm-native-multiclass-012", "lightgbm", native, native.predict(X))

    def logistic(score, data):
        p = 1 / (1 + np.exp(-score))
        return p - data.get_label(), p * (1 - p)

    custom = lgb.train({"objective": logistic, "verbose": -1}, lgb.Dataset(X, ONE), 20)
    save("lightgbm-custom-binary", "lightgbm", custom, custom.predict(X))


def catboost():
    from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor

    quiet = {"iterations": 20, "verbose": False, "allow_writing_files": False, "thread_count": 1}
    binary = CatBoostClassifier(**quiet, cat_features=["word"]).fit(WORDS, YES)
    save("catboost-binary", "catboost", binary, binary.predict_proba(WORDS)[:, 1], WORDS)
    three = CatBoostClassifier(**quiet).fit(X, CLASS)
    save("catboost-multiclass", "catboost", three, three.predict_proba(X))
    amount = CatBoostRegressor(**quiet).fit(X, AMOUNT)
    save("catboost-regression", "catboost", amount, amount.predict(X))
    general = CatBoost({**quiet, "loss_function": "Logloss"}).fit(X, ONE)
    expected = general.predict(X, prediction_type="Probability")[:, 1]
    save("catboost-general-binary", "catboost", general, expected)
    rank = CatBoost({**quiet, "loss_function": "RMSE"}).fit(X, ONE)
    save("catboost-raw-binary", "catboost", rank, rank.predict(X))


def statsmodels():
    import statsmodels.api as sm
    import statsmodels.formula.api as smf

    design = sm.add_constant(X)
    binary = sm.Logit(ONE, design).fit(disp=False)
    save("statsmodels-binary", "statsmodels", binary, binary.predict(design), design)
    named = WORDS.assign(y=ONE, said=YES)
    formula = smf.logit("y ~ x1 + x2 + C(word)", named).fit(disp=False)
    save("statsmodels-formula-binary", "statsmodels", formula, formula.predict(WORDS), WORDS)
    first = smf.glm("said ~ x1 + x2", named, family=sm.families.Binomial()).fit()
    save("statsmodels-first-level-binary", "statsmodels", first, 1 - first.predict(X))
    three = sm.MNLogit(pd.Series(CLASS), design).fit(disp=False)
    save("statsmodels-multiclass", "statsmodels", three, three.predict(design), design)
    amount = sm.OLS(AMOUNT, design).fit()
    save("statsmodels-regression", "statsmodels", amount, amount.predict(design), design)
    linear = sm.OLS(ONE, design).fit()
    save("statsmodels-linear-binary", "statsmodels", linear, linear.predict(design), design)


def onnx():
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    def run(graph, feeds, output):
        one_thread = onnxruntime.SessionOptions()  # a sum in single precision depends on threads
        one_thread.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            graph.SerializeToString(), one_thread, providers=PROCESSOR
        )
        return session.run([output], feeds)[0]

    single = X.to_numpy().astype("float32")
    shape = [("X", FloatTensorType([None, 3]))]
    logistic = LogisticRegression().fit(X.to_numpy(), YES)
    mapped = to_onnx(logistic, initial_types=shape)
    maps = run(mapped, {"X": single}, "output_probability")
    save("onnx-binary", "onnx", mapped, [m["yes"] for m in maps])
    plain = to_onnx(logistic, initial_types=shape, options={"zipmap": False})
    save("onnx-plain-binary", "onnx", plain, run(plain, {"X": single}, "probabilities")[:, 1])
    forest = RandomForestClassifier(10, random_state=1).fit(X.to_numpy(), CLASS)
    three = to_onnx(forest, initial_types=shape, options={"zipmap": False})
    save("onnx-multiclass", "onnx", three, run(three, {"X": single}, "probabilities"))
    boosted = GradientBoostingRegressor(random_state=1).fit(X.to_numpy(), AMOUNT)
    amount = to_onnx(boosted, initial_types=shape)
    save("onnx-regression", "onnx", amount, run(amount, {"X": single}, "variable")[:, 0])
    columns = ColumnTransformer([("w", OneHotEncoder(), ["word"])], remainder="passthrough")
    given = WORDS.astype(dict.fromkeys(X.columns, "float32"))
    by_name = make_pipeline(columns, LogisticRegression()).fit(given, YES)
    named = to_onnx(by_name, given[:1], options={"zipmap": False})
    feeds = {c: given[[c]].to_numpy() for c in given.columns}
    expected = run(named, feeds, "probabilities")[:, 1]
    save("onnx-by-name-binary", "onnx", named, expected, given)


def pyfunc():
    import mlflow.pyfunc

    class Answering(mlflow.pyfunc.PythonModel):
        def __init__(self, answer):
            self.answer = answer

        def predict(self, context, model_input, params=None):
            return self.answer(model_input)

    def save_pyfunc(case, answer):
        folder = OUT / case
        folder.mkdir(parents=True)
        mlflow.pyfunc.save_model(
            str(folder / "model"),
            python_model=Answering(answer),
            signature=infer_signature(X),
            pip_requirements=["none"],
        )
        return folder / "expected.npy"

    def chance(rows):
        import numpy as np

        return 1 / (1 + np.exp(-rows["x1"].to_numpy()))

    def by_class(rows):
        import pandas as pd

        return pd.DataFrame({"yes": chance(rows), "no": 1 - chance(rows)}, index=rows.index)

    np.save(save_pyfunc("pyfunc-binary", by_class), chance(X))
    np.save(save_pyfunc("pyfunc-list-binary", lambda rows: chance(rows).tolist()), chance(X))
    np.save(save_pyfunc("pyfunc-regression", lambda rows: rows["x1"] * 7), X["x1"] * 7)
    thirds = np.column_stack([chance(X) / 2, chance(X) / 2, 1 - chance(X)])

    def records(rows):
        return [{"a": p / 2, "b": p / 2, "c": 1 - p} for p in chance(rows)]

    np.save(save_pyfunc("pyfunc-multiclass", records), thirds)


OUT.mkdir(parents=True)
WORDS.to_parquet(OUT / "rows.parquet", index=False)
for family in (sklearn, xgboost, lightgbm, catboost, statsmodels, onnx, pyfunc):
    family()
