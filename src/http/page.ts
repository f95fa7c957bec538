// One page for a person: the hosts with what is left of them, and the guests on each.

import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import { allocatable, type Host } from '../fleet/host.js';

export function page(fleet: FleetView, unhealthyReason: string): string {
  const hosts = [...fleet.all('host')].sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  const notice = unhealthyReason === '' ? '' : `<p class="bad">${escaped(unhealthyReason)}</p>`;
  const body =
    hosts.length === 0
      ? '<p>No hosts yet: <code>virtdc hosts import nodeinfo.xml</code></p>'
      : hosts.map((host) => hostRows(fleet, host)).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5">
<meta name="viewport" content="width=device-width"><title>virtdc</title><style>
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;color:#1b1f24}
h1{font-size:1.3rem;margin:0} h2{font-size:1rem;margin:1.5rem 0 .3rem} small{color:#667} code{background:#f2f3f5;padding:.1rem .3rem}
table{border-collapse:collapse;margin:.2rem 0 .6rem} td,th{text-align:left;padding:.15rem 2rem .15rem 0;font-variant-numeric:tabular-nums}
th{color:#667;font-weight:500} .bar{background:#e6e8eb;border-radius:3px;height:.6rem;width:10rem;overflow:hidden;display:inline-block}
.bar i{display:block;height:100%;background:#2f6feb} .over i,.bad{background:#d1242f;color:#fff} .bad{padding:.3rem .6rem;border-radius:4px}
</style></head><body><h1>virtdc</h1><small>revision ${fleet.revision}, ${hosts.length} hosts, ${fleet.count('guest')} guests; <a href="/metrics">metrics</a></small>
${notice}${body}</body></html>`;
}

function hostRows(fleet: FleetView, host: Host): string {
  const whole = allocatable(host);
  const claimed = fleet.claimed(host.hostname);
  const guests = [...fleet.guestsOn(host.hostname)].sort((a, b) => (a.vmid < b.vmid ? -1 : 1));
  return `<h2>${escaped(host.hostname)} <small>${host.condition} ${host.adminState} ${escaped(host.conditionReason)}</small></h2><table>
<tr><th>vCPUs</th><td>${bar(claimed.cpu, whole.cpu)}</td><td>${claimed.cpu} of ${whole.cpu}</td></tr>
<tr><th>memory</th><td>${bar(claimed.memoryKib, whole.memoryKib)}</td><td>${gib(claimed.memoryKib)} of ${gib(whole.memoryKib)} GiB</td></tr>
<tr><th>disk</th><td>${bar(claimed.ioKib, whole.ioKib)}</td><td>${gib(claimed.ioKib)} of ${gib(whole.ioKib)} GiB</td></tr></table>
${guests.length === 0 ? '' : `<table><tr><th>guest</th><th>state</th><th>vCPUs</th><th>memory</th><th>addresses</th></tr>${guests.map(guestRow).join('')}</table>`}`;
}

function guestRow(guest: Guest): string {
  const addresses = guest.observed?.addresses.join(' ') ?? '';
  return `<tr><td>${escaped(guest.vmid)}</td><td>${guest.state}</td><td>${guest.currentCpu} of ${guest.maxCpu}</td>
<td>${gib(guest.currentMemoryKib)} of ${gib(guest.maxMemoryKib)} GiB</td><td>${escaped(addresses)}</td></tr>`;
}

function bar(part: number, whole: number): string {
  const percent = whole === 0 ? (part > 0 ? 100 : 0) : Math.min(100, (100 * part) / whole);
  return `<span class="bar${part > whole ? ' over' : ''}"><i style="width:${percent.toFixed(1)}%"></i></span>`;
}

function gib(kib: number): string {
  return (kib / 1024 / 1024).toFixed(kib < 1024 * 1024 ? 2 : 1);
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
