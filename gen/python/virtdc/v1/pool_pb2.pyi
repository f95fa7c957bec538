from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class PoolKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POOL_KIND_UNSPECIFIED: _ClassVar[PoolKind]
    POOL_KIND_LOCAL: _ClassVar[PoolKind]
    POOL_KIND_SHARED: _ClassVar[PoolKind]
POOL_KIND_UNSPECIFIED: PoolKind
POOL_KIND_LOCAL: PoolKind
POOL_KIND_SHARED: PoolKind

class Pool(_message.Message):
    __slots__ = ("name", "kind", "locking", "hostnames", "capacity_kib", "avail_kib", "exported_by", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    LOCKING_FIELD_NUMBER: _ClassVar[int]
    HOSTNAMES_FIELD_NUMBER: _ClassVar[int]
    CAPACITY_KIB_FIELD_NUMBER: _ClassVar[int]
    AVAIL_KIB_FIELD_NUMBER: _ClassVar[int]
    EXPORTED_BY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: PoolKind
    locking: bool
    hostnames: _containers.RepeatedScalarFieldContainer[str]
    capacity_kib: int
    avail_kib: int
    exported_by: str
    revision: int
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[PoolKind, str]] = ..., locking: bool = ..., hostnames: _Optional[_Iterable[str]] = ..., capacity_kib: _Optional[int] = ..., avail_kib: _Optional[int] = ..., exported_by: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class PoolFilter(_message.Message):
    __slots__ = ("hostname", "kind")
    HOSTNAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    hostname: str
    kind: PoolKind
    def __init__(self, hostname: _Optional[str] = ..., kind: _Optional[_Union[PoolKind, str]] = ...) -> None: ...
