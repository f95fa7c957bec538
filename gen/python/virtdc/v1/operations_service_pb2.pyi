from virtdc.v1 import audit_record_pb2 as _audit_record_pb2
from virtdc.v1 import operation_pb2 as _operation_pb2
from virtdc.v1 import resources_pb2 as _resources_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AuditFindingKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AUDIT_FINDING_KIND_UNSPECIFIED: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_CLAIM_SHORT: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_CLAIM_EXCESS: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_DOMAIN_MISSING: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_WRONG_HOST: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_FOREIGN_DOMAIN: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_STATE_DIFFERS: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_HOST_OVERCOMMITTED: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_CLAIM_MISSING: _ClassVar[AuditFindingKind]
    AUDIT_FINDING_KIND_CLAIM_ORPHANED: _ClassVar[AuditFindingKind]
AUDIT_FINDING_KIND_UNSPECIFIED: AuditFindingKind
AUDIT_FINDING_KIND_CLAIM_SHORT: AuditFindingKind
AUDIT_FINDING_KIND_CLAIM_EXCESS: AuditFindingKind
AUDIT_FINDING_KIND_DOMAIN_MISSING: AuditFindingKind
AUDIT_FINDING_KIND_WRONG_HOST: AuditFindingKind
AUDIT_FINDING_KIND_FOREIGN_DOMAIN: AuditFindingKind
AUDIT_FINDING_KIND_STATE_DIFFERS: AuditFindingKind
AUDIT_FINDING_KIND_HOST_OVERCOMMITTED: AuditFindingKind
AUDIT_FINDING_KIND_CLAIM_MISSING: AuditFindingKind
AUDIT_FINDING_KIND_CLAIM_ORPHANED: AuditFindingKind

class GetOperationRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetOperationResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class ListOperationsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _operation_pb2.OperationFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_operation_pb2.OperationFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOperationsResponse(_message.Message):
    __slots__ = ("operations", "next_page_token", "revision")
    OPERATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    operations: _containers.RepeatedCompositeFieldContainer[_operation_pb2.Operation]
    next_page_token: str
    revision: int
    def __init__(self, operations: _Optional[_Iterable[_Union[_operation_pb2.Operation, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class WaitOperationRequest(_message.Message):
    __slots__ = ("name", "timeout_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    name: str
    timeout_s: int
    def __init__(self, name: _Optional[str] = ..., timeout_s: _Optional[int] = ...) -> None: ...

class WaitOperationResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class CancelOperationRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CancelOperationResponse(_message.Message):
    __slots__ = ("operation",)
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    operation: _operation_pb2.Operation
    def __init__(self, operation: _Optional[_Union[_operation_pb2.Operation, _Mapping]] = ...) -> None: ...

class AuditRequest(_message.Message):
    __slots__ = ("hostnames", "repair")
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    REPAIR_FIELD_NUMBER: _ClassVar[int]
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    repair: bool
    def __init__(self, hostnames: _Optional[_Iterable[str]] = ..., repair: bool = ...) -> None: ...

class AuditFinding(_message.Message):
    __slots__ = ("kind", "vmid", "uuid", "operation", "claimed", "observed", "detail", "repaired")
    KIND_FIELD_NUMBER: _ClassVar[int]
    VMID_FIELD_NUMBER: _ClassVar[int]
    UUID_FIELD_NUMBER: _ClassVar[int]
    OPERATION_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    REPAIRED_FIELD_NUMBER: _ClassVar[int]
    kind: AuditFindingKind
    vmid: str
    uuid: str
    operation: str
    claimed: _resources_pb2.Resources
    observed: _resources_pb2.Resources
    detail: str
    repaired: bool
    def __init__(self, kind: _Optional[_Union[AuditFindingKind, str]] = ..., vmid: _Optional[str] = ..., uuid: _Optional[str] = ..., operation: _Optional[str] = ..., claimed: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., observed: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., detail: _Optional[str] = ..., repaired: bool = ...) -> None: ...

class AuditResponse(_message.Message):
    __slots__ = ("hostname", "reached", "domains", "claimed", "observed", "findings", "revision")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    REACHED_FIELD_NUMBER: _ClassVar[int]
    DOMAINS_FIELD_NUMBER: _ClassVar[int]
    CLAIMED_FIELD_NUMBER: _ClassVar[int]
    OBSERVED_FIELD_NUMBER: _ClassVar[int]
    FINDINGS_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    reached: bool
    domains: int
    claimed: _resources_pb2.Resources
    observed: _resources_pb2.Resources
    findings: _containers.RepeatedCompositeFieldContainer[AuditFinding]
    revision: int
    def __init__(self, hostname: _Optional[str] = ..., reached: bool = ..., domains: _Optional[int] = ..., claimed: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., observed: _Optional[_Union[_resources_pb2.Resources, _Mapping]] = ..., findings: _Optional[_Iterable[_Union[AuditFinding, _Mapping]]] = ..., revision: _Optional[int] = ...) -> None: ...

class ListAuditRecordsRequest(_message.Message):
    __slots__ = ("filter", "page_size", "page_token")
    FILTER_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    filter: _audit_record_pb2.AuditRecordFilter
    page_size: int
    page_token: str
    def __init__(self, filter: _Optional[_Union[_audit_record_pb2.AuditRecordFilter, _Mapping]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAuditRecordsResponse(_message.Message):
    __slots__ = ("records", "next_page_token")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[_audit_record_pb2.AuditRecord]
    next_page_token: str
    def __init__(self, records: _Optional[_Iterable[_Union[_audit_record_pb2.AuditRecord, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetLeaderRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetLeaderResponse(_message.Message):
    __slots__ = ("holder", "address", "epoch", "is_self", "revision")
    HOLDER_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    IS_SELF_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    holder: str
    address: str
    epoch: int
    is_self: bool
    revision: int
    def __init__(self, holder: _Optional[str] = ..., address: _Optional[str] = ..., epoch: _Optional[int] = ..., is_self: bool = ..., revision: _Optional[int] = ...) -> None: ...
