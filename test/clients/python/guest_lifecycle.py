"""Submits a guest, watches it until it runs, terminates it and watches it go, with nothing but the generated client.

usage: bin/python test/clients/python/guest_lifecycle.py ADDRESS VMID BASE_GUEST
"""

import sys

import grpc

from virtdc.v1.guest_info_service_pb2 import ListGuestsRequest, WatchGuestsRequest
from virtdc.v1.guest_info_service_pb2_grpc import GuestInfoStub
from virtdc.v1.guest_pb2 import GUEST_STATE_RUNNING, GuestFilter, GuestState
from virtdc.v1.operation_pb2 import Operation
from virtdc.v1.operation_state_pb2 import OPERATION_STATE_SUCCEEDED, OperationState
from virtdc.v1.operations_service_pb2 import WaitOperationRequest
from virtdc.v1.operations_service_pb2_grpc import OperationsStub
from virtdc.v1.placement_service_pb2 import SubmitGuestRequest, TerminateGuestRequest
from virtdc.v1.placement_service_pb2_grpc import PlacementStub
from virtdc.v1.watch_pb2 import DELETE_REASON_TERMINATED, DeleteReason

DEADLINE_S = 60
GIB_IN_KIB = 1024 * 1024


def wait(operations: OperationsStub, operation: Operation) -> None:
    """Waits by long polls until the operation has succeeded."""
    while not operation.HasField("end_time"):
        operation = operations.WaitOperation(WaitOperationRequest(name=operation.name), timeout=DEADLINE_S).operation
    if operation.state != OPERATION_STATE_SUCCEEDED:
        raise SystemExit(f"{operation.name}: {OperationState.Name(operation.state)} {operation.error.message}")


def live_and_die(channel: grpc.Channel, vmid: str, base_guest: str) -> None:
    """Follows a guest from its first change on; terminates it when it runs."""
    guests, operations, placement = GuestInfoStub(channel), OperationsStub(channel), PlacementStub(channel)
    start = guests.ListGuests(ListGuestsRequest(page_size=1), timeout=DEADLINE_S).revision
    request = SubmitGuestRequest(vmid=vmid, cpu=1, memory_kib=GIB_IN_KIB, base_guest=base_guest, request_id=f"py-{vmid}")
    first = placement.SubmitGuest(request, timeout=DEADLINE_S)
    again = placement.SubmitGuest(request, timeout=DEADLINE_S)
    if first != again:
        raise SystemExit("a repeated request was answered differently")
    wait(operations, first.operation)

    terminated = False
    last_revision = start
    watch = WatchGuestsRequest(start_revision=start, filter=GuestFilter(vmids=[vmid]))
    for answer in guests.WatchGuests(watch, timeout=DEADLINE_S):
        for event in answer.events:
            kind = event.WhichOneof("event")
            if kind == "upserted":
                if event.revision <= last_revision:
                    raise SystemExit(f"revision {event.revision} came after {last_revision}")
                last_revision = event.revision
                print(f"{event.revision} {event.upserted.vmid} {GuestState.Name(event.upserted.state)}")
                if event.upserted.state == GUEST_STATE_RUNNING and not terminated:
                    terminated = True
                    wait(operations, placement.TerminateGuest(TerminateGuestRequest(vmid=vmid), timeout=DEADLINE_S).operation)
            elif kind == "deleted":
                print(f"{event.revision} {event.deleted.vmid} {DeleteReason.Name(event.deleted.reason)}")
                if event.deleted.reason != DELETE_REASON_TERMINATED:
                    raise SystemExit("it went, but was not terminated")
                return
    raise SystemExit("the watch ended too early")


def main() -> None:
    address, vmid, base_guest = sys.argv[1:]
    with grpc.insecure_channel(address) as channel:
        live_and_die(channel, vmid, base_guest)
        try:
            PlacementStub(channel).SubmitGuest(SubmitGuestRequest(vmid="1"), timeout=DEADLINE_S)
        except grpc.RpcError as error:
            print(f"refused: {error.code().name}")


if __name__ == "__main__":
    main()
