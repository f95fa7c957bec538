from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from typing import ClassVar as _ClassVar

DESCRIPTOR: _descriptor.FileDescriptor

class CheckVerdict(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHECK_VERDICT_UNSPECIFIED: _ClassVar[CheckVerdict]
    CHECK_VERDICT_PASS: _ClassVar[CheckVerdict]
    CHECK_VERDICT_WARN: _ClassVar[CheckVerdict]
    CHECK_VERDICT_FAIL: _ClassVar[CheckVerdict]
    CHECK_VERDICT_UNKNOWN: _ClassVar[CheckVerdict]
CHECK_VERDICT_UNSPECIFIED: CheckVerdict
CHECK_VERDICT_PASS: CheckVerdict
CHECK_VERDICT_WARN: CheckVerdict
CHECK_VERDICT_FAIL: CheckVerdict
CHECK_VERDICT_UNKNOWN: CheckVerdict
