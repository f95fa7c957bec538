from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CauseKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CAUSE_KIND_UNSPECIFIED: _ClassVar[CauseKind]
    CAUSE_KIND_REQUEST: _ClassVar[CauseKind]
    CAUSE_KIND_OPERATION: _ClassVar[CauseKind]
    CAUSE_KIND_OBSERVED: _ClassVar[CauseKind]
    CAUSE_KIND_EXTERNAL: _ClassVar[CauseKind]
CAUSE_KIND_UNSPECIFIED: CauseKind
CAUSE_KIND_REQUEST: CauseKind
CAUSE_KIND_OPERATION: CauseKind
CAUSE_KIND_OBSERVED: CauseKind
CAUSE_KIND_EXTERNAL: CauseKind

class Cause(_message.Message):
    __slots__ = ("kind", "operation")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    kind: CauseKind
    operation: str
    def __init__(self, kind: _Optional[_Union[CauseKind, str]] = ..., operation: _Optional[str] = ...) -> None: ...
