"""Makes tensorboard.json: what TensorBoard's own writer makes of a few records and messages, in hexadecimal.

Run: python generate_tensorboard.py (tensorboard 2)."""
import io, json, pathlib
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import crc32c, masked_crc32c
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2, summary_v2
from tensorboard.summary.writer.record_writer import RecordWriter

inputs = [b"", b"a", b"123456789", bytes(32), b"\xff" * 32, bytes(range(256)), "Größe\n".encode()]


def record(payload):
    file = io.BytesIO()
    RecordWriter(file).write(payload)
    return file.getvalue()


def summary_event(summary, wall_time, step=0):
    return event_pb2.Event(wall_time=wall_time, step=step, summary=summary)


def scalar(tag, value, wall_time, step):
    value = summary_pb2.Summary.Value(tag=tag, simple_value=value)
    return summary_event(summary_pb2.Summary(value=[value]), wall_time, step)


def hparams(wall_time, **content):
    # As summary_v2 does, with the fields of the message in the order of their numbers.
    data = plugin_data_pb2.HParamsPluginData(**content)
    tag = {"experiment": summary_v2.metadata.EXPERIMENT_TAG,
           "session_start_info": summary_v2.metadata.SESSION_START_INFO_TAG,
           "session_end_info": summary_v2.metadata.SESSION_END_INFO_TAG}[data.WhichOneof("data")]
    summary = summary_v2._summary_pb(tag, data)
    summary.value[0].metadata.plugin_data.content = data.SerializeToString(deterministic=True)
    return summary_event(summary, wall_time)


start = plugin_data_pb2.SessionStartInfo(group_name="run 1", start_time_secs=1767225601.25)
values = {"objective": "label-smoothing", "learning_rate": 0.1, "seed": 0, "nesterov": True, "plain": False}
for name, value in values.items():
    field = {str: "string_value", bool: "bool_value"}.get(type(value), "number_value")
    setattr(start.hparams[name], field, value)

experiment = summary_v2.hparams_config_pb(
    hparams=[summary_v2.HParam("learning_rate", summary_v2.Discrete([0.1, 0.2])),
             summary_v2.HParam("nesterov", summary_v2.Discrete([False, True])),
             summary_v2.HParam("objective", summary_v2.Discrete(["label-smoothing", "softmax"]))],
    metrics=[summary_v2.Metric("evaluate/top1/test", display_name="accuracy", description="Top-1.")],
    time_created_secs=1767225600.0)
experiment = plugin_data_pb2.HParamsPluginData.FromString(experiment.value[0].metadata.plugin_data.content).experiment
experiment.name = "small"

events = {
    "version": event_pb2.Event(wall_time=1767225600.0, file_version="brain.Event:2"),
    "scalar": scalar("train/loss", 0.1, 1767225600.5, 3),
    "zero": scalar("holdout/accuracy", 0.0, 0.0, 0),
    "long": scalar("ß" * 100, -1e30, 1767225600.0, 1 << 40),
    "negative": scalar("t", 1.5, -1.5, -1),
    "experiment": hparams(1767225600.0, experiment=experiment),
    "start": hparams(1767225601.25, session_start_info=start),
    "end": hparams(1767225700.0, session_end_info=plugin_data_pb2.SessionEndInfo(
        status=api_pb2.STATUS_FAILURE, end_time_secs=1767225700.0)),
    "running": hparams(0.0, session_end_info=plugin_data_pb2.SessionEndInfo(status=api_pb2.STATUS_RUNNING)),
}
events = {name: event.SerializeToString(deterministic=True) for name, event in events.items()}
result = {
    "checksums": [{"bytes": data.hex(), "crc": crc32c(data), "masked": masked_crc32c(data)} for data in inputs],
    "records": [{"bytes": data.hex(), "record": record(data).hex()} for data in inputs],
    "events": {name: data.hex() for name, data in events.items()},
    "file": b"".join(map(record, [events["version"], events["start"], events["scalar"], events["end"]])).hex(),
}
path = pathlib.Path(__file__).with_name("tensorboard.json")
path.write_text(json.dumps(result, indent=1) + "\n")
