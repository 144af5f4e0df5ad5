"""Reads TensorBoard's event files without TensorBoard, which Debian does not have.

    python3 read_events.py FILE...      prints their events as JSON

Written from the specifications and not from the writer: the TFRecord framing from
TensorFlow's tutorial on it, the messages from the public documentation of
event.proto, summary.proto, tensor.proto and the HParams plugin's api.proto and
plugin_data.proto, of which the fields are named below that a reader needs. The
messages are decoded by Google's own protobuf runtime (Debian: python3-protobuf),
and whatever is in a message that is not named here is an error. CRC-32C is
computed bit by bit from its polynomial.
"""

import json
import struct
import sys

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, struct_pb2
from google.protobuf.json_format import MessageToDict

T = descriptor_pb2.FieldDescriptorProto
SCALARS = {"double": T.TYPE_DOUBLE, "float": T.TYPE_FLOAT, "int64": T.TYPE_INT64, "int32": T.TYPE_INT32,
           "string": T.TYPE_STRING, "bytes": T.TYPE_BYTES}
MESSAGES = {
    "Event": {1: "double wall_time", 2: "int64 step", 3: "string file_version", 5: "Summary summary"},
    "Summary": {1: "*Value value"},
    "Value": {1: "string tag", 2: "float simple_value", 4: "Image image", 8: "Tensor tensor", 9: "Metadata metadata"},
    "Image": {1: "int32 height", 2: "int32 width", 3: "int32 colorspace", 4: "bytes encoded_image_string"},
    "Metadata": {1: "PluginData plugin_data", 2: "string display_name", 3: "string summary_description", 4: "int32 data_class"},
    "PluginData": {1: "string plugin_name", 2: "bytes content"},
    "Tensor": {1: "int32 dtype", 2: "Shape tensor_shape", 5: "*float float_val"},
    "Shape": {2: "*Dim dim"},
    "Dim": {1: "int64 size", 2: "string name"},
    "HParams": {1: "int32 version", 2: "Experiment experiment", 3: "Start session_start_info", 4: "End session_end_info"},
    "Start": {1: "*Entry hparams", 2: "string model_uri", 3: "string monitor_url", 4: "string group_name", 5: "double start_time_secs"},
    "Entry": {1: "string key", 2: ".google.protobuf.Value value"},
    "End": {1: "int32 status", 2: "double end_time_secs"},
    "Experiment": {6: "string name", 1: "string description", 2: "string user", 3: "double time_created_secs",
                   4: "*HParamInfo hparam_infos", 5: "*MetricInfo metric_infos"},
    "HParamInfo": {1: "string name", 2: "string display_name", 3: "string description", 4: "int32 type",
                   5: ".google.protobuf.ListValue domain_discrete", 6: "Interval domain_interval"},
    "Interval": {1: "double min_value", 2: "double max_value"},
    "MetricInfo": {1: "MetricName name", 3: "string display_name", 4: "string description", 5: "int32 dataset_type"},
    "MetricName": {1: "string group", 2: "string tag"},
}

file = descriptor_pb2.FileDescriptorProto(name="read_events.proto", package="read", syntax="proto3",
                                          dependency=["google/protobuf/struct.proto"])
for name, fields in MESSAGES.items():
    m = file.message_type.add(name=name)
    for number, field in fields.items():
        kind, label = field.split(" ")
        f = m.field.add(name=label, number=number, label=T.LABEL_REPEATED if kind[0] == "*" else T.LABEL_OPTIONAL)
        kind = kind.lstrip("*")
        if kind in SCALARS:
            f.type = SCALARS[kind]
        else:
            f.type = T.TYPE_MESSAGE
            f.type_name = kind if kind[0] == "." else ".read." + kind
pool = descriptor_pool.DescriptorPool()
pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
pool.AddSerializedFile(file.SerializeToString())
factory = message_factory.MessageFactory(pool)


def parse(name, data):
    m = factory.GetPrototype(pool.FindMessageTypeByName("read." + name))()
    m.ParseFromString(data)
    before = m.ByteSize()
    m.DiscardUnknownFields()
    if m.ByteSize() != before:
        raise ValueError(f"a {name} with fields that it does not have: {data!r}")
    return m


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


assert crc32c(b"123456789") == 0xE3069283  # the check value of CRC-32C (Castagnoli)


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(path):
    with open(path, "rb") as f:
        while head := f.read(12):
            length, check = struct.unpack("<QI", head)
            if masked(head[:8]) != check:
                raise ValueError(f"{path}: the checksum of a length is wrong")
            data = f.read(length)
            (check,) = struct.unpack("<I", f.read(4))
            if len(data) != length or masked(data) != check:
                raise ValueError(f"{path}: the checksum of a record is wrong")
            yield data


found = {}
for path in sys.argv[1:]:
    found[path] = []
    for data in records(path):
        e = parse("Event", data)
        event = {"wall_time": e.wall_time, "step": e.step, "file_version": e.file_version, "values": []}
        for v in e.summary.value:
            value = {"tag": v.tag}
            if v.HasField("image"):
                image = v.image.encoded_image_string
                value["image"] = {"width": v.image.width, "height": v.image.height, "colorspace": v.image.colorspace,
                                  "bytes": len(image), "png": image[:8] == b"\x89PNG\r\n\x1a\n"}
            elif v.metadata.plugin_data.plugin_name:
                plugin = parse("HParams", v.metadata.plugin_data.content)
                value["plugin"] = v.metadata.plugin_data.plugin_name
                value["tensor"] = [v.tensor.dtype, [d.size for d in v.tensor.tensor_shape.dim], list(v.tensor.float_val)]
                value["data"] = MessageToDict(plugin, preserving_proto_field_name=True)
            else:
                value["scalar"] = repr(v.simple_value)
            event["values"].append(value)
        found[path].append(event)
print(json.dumps(found))
