import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditDecision(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_DECISION_UNSPECIFIED: _ClassVar[AuditDecision]
    AUDIT_DECISION_ACCEPTED: _ClassVar[AuditDecision]
    AUDIT_DECISION_REPLAYED: _ClassVar[AuditDecision]
    AUDIT_DECISION_DENIED: _ClassVar[AuditDecision]
    AUDIT_DECISION_INVALID: _ClassVar[AuditDecision]
    AUDIT_DECISION_REFUSED: _ClassVar[AuditDecision]
    AUDIT_DECISION_FAILED: _ClassVar[AuditDecision]
AUDIT_DECISION_UNSPECIFIED: AuditDecision
AUDIT_DECISION_ACCEPTED: AuditDecision
AUDIT_DECISION_REPLAYED: AuditDecision
AUDIT_DECISION_DENIED: AuditDecision
AUDIT_DECISION_INVALID: AuditDecision
AUDIT_DECISION_REFUSED: AuditDecision
AUDIT_DECISION_FAILED: AuditDecision

class AuditRecord(_message.Message):
    __slots__ = ("sequence", "time", "principal", "role", "method", "target", "request_id", "decision", "reason", "revision", "operation")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    DECISION_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    principal: str
    role: str
    method: str
    target: str
    request_id: str
    decision: AuditDecision
    reason: str
    revision: int
    operation: str
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., principal: _Optional[str] = ..., role: _Optional[str] = ..., method: _Optional[str] = ..., target: _Optional[str] = ..., request_id: _Optional[str] = ..., decision: _Optional[_Union[AuditDecision, str]] = ..., reason: _Optional[str] = ..., revision: _Optional[int] = ..., operation: _Optional[str] = ...) -> None: ...

class AuditRecordFilter(_message.Message):
    __slots__ = ("principals", "methods", "decisions", "since_unix_s")
    PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    DECISIONS_FIELD_NUMBER: _ClassVar[int]
    SINCE_UNIX_S_FIELD_NUMBER: _ClassVar[int]
    principals: _containers.RepeatedScalarFieldContainer[str]
    methods: _containers.RepeatedScalarFieldContainer[str]
    decisions: _containers.RepeatedScalarFieldContainer[AuditDecision]
    since_unix_s: int
    def __init__(self, principals: _Optional[_Iterable[str]] = ..., methods: _Optional[_Iterable[str]] = ..., decisions: _Optional[_Iterable[_Union[AuditDecision, str]]] = ..., since_unix_s: _Optional[int] = ...) -> None: ...
