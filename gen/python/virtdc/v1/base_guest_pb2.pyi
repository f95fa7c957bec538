import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from virtdc.v1 import guest_pb2 as _guest_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BaseGuestDisk(_message.Message):
    __slots__ = ("target", "image")
    TARGET_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    target: str
    image: str
    def __init__(self, target: _Optional[str] = ..., image: _Optional[str] = ...) -> None: ...

class BaseGuest(_message.Message):
    __slots__ = ("name", "disks", "nics", "machine_type", "create_time", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISKS_FIELD_NUMBER: _ClassVar[int]
    NICS_FIELD_NUMBER: _ClassVar[int]
    MACHINE_TYPE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    disks: _containers.RepeatedCompositeFieldContainer[BaseGuestDisk]
    nics: _containers.RepeatedCompositeFieldContainer[_guest_pb2.Nic]
    machine_type: str
    create_time: _timestamp_pb2.Timestamp
    revision: int
    def __init__(self, name: _Optional[str] = ..., disks: _Optional[_Iterable[_Union[BaseGuestDisk, _Mapping]]] = ..., nics: _Optional[_Iterable[_Union[_guest_pb2.Nic, _Mapping]]] = ..., machine_type: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...
