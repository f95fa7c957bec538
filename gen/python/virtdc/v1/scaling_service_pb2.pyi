from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import placement_pb2 as _placement_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OnNoRoom(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ON_NO_ROOM_UNSPECIFIED: _ClassVar[OnNoRoom]
    ON_NO_ROOM_REFUSE: _ClassVar[OnNoRoom]
    ON_NO_ROOM_MIGRATE_SELF: _ClassVar[OnNoRoom]
ON_NO_ROOM_UNSPECIFIED: OnNoRoom
ON_NO_ROOM_REFUSE: OnNoRoom
ON_NO_ROOM_MIGRATE_SELF: OnNoRoom

class ScaleCpuRequest(_message.Message):
    __slots__ = ("hostname", "vmid", "cpu", "on_no_room", "revision", "validate_only", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    CPU_FIELD_NUMBER: _ClassVar[int]
    ON_NO_ROOM_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    vmid: str
    cpu: int
    on_no_room: OnNoRoom
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., vmid: _Optional[str] = ..., cpu: _Optional[int] = ..., on_no_room: _Optional[_Union[OnNoRoom, str]] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class ScaleCpuResponse(_message.Message):
    __slots__ = ("operation", "dest_host", "decision")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    dest_host: str
    decision: _placement_pb2.PlacementSummary
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ..., dest_host: _Optional[str] = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ...) -> None: ...

class ScaleMemoryRequest(_message.Message):
    __slots__ = ("hostname", "vmid", "memory_kib", "on_no_room", "revision", "validate_only", "request_id")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    MEMORY_KIB_FIELD_NUMBER: _ClassVar[int]
    ON_NO_ROOM_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    vmid: str
    memory_kib: int
    on_no_room: OnNoRoom
    revision: int
    validate_only: bool
    request_id: str
    def __init__(self, hostname: _Optional[str] = ..., vmid: _Optional[str] = ..., memory_kib: _Optional[int] = ..., on_no_room: _Optional[_Union[OnNoRoom, str]] = ..., revision: _Optional[int] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class ScaleMemoryResponse(_message.Message):
    __slots__ = ("operation", "dest_host", "decision")
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    DEST_HOST_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    dest_host: str
    decision: _placement_pb2.PlacementSummary
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ..., dest_host: _Optional[str] = ..., decision: _Optional[_Union[_placement_pb2.PlacementSummary, _Mapping]] = ...) -> None: ...
