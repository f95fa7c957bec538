// What a submit cannot do without, alone in a process: `echo` is a gRPC server that answers SubmitGuest with one and the same
// answer; `sql` writes the rows of one guest after the other with postgres.js, one statement each. Forked.

import { createServer } from 'nice-grpc';
import postgres from 'postgres';
import { PlacementDefinition, SubmitGuestResponse } from '#gen/virtdc/v1/placement_service.js';
import { bareStatement, type Sample } from './rows.js';

/** `echo`, with the answer in base 64. */
async function echo(answer: string): Promise<void> {
  const response = SubmitGuestResponse.decode(Buffer.from(answer, 'base64'));
  const server = createServer();
  const { submitGuest } = PlacementDefinition.methods;
  const only = { ...PlacementDefinition, methods: { submitGuest } };
  server.add(only, { submitGuest: () => Promise.resolve(response) });
  process.send?.({ port: await server.listen('127.0.0.1:0') });
}

/** `sql`: told how long and from which number on, answers how many were written and its CPU. */
function sql(url: string, connections: number, inFlight: number, sample: Sample): void {
  const client = postgres(url, { max: connections, fetch_types: false, onnotice: () => undefined });
  const write = async (number: number): Promise<void> => {
    const { text, parameters } = bareStatement(sample, number);
    await client.unsafe(text, parameters, { prepare: true });
  };
  process.on('message', ({ seconds, first }: { seconds: number; first: number }) => {
    void (async () => {
      let next = first;
      const before = process.cpuUsage();
      const until = performance.now() + seconds * 1_000;
      const worker = async (): Promise<void> => {
        while (performance.now() < until) await write(next++);
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
      const { user, system } = process.cpuUsage(before);
      process.send?.({ written: next - first, cpuS: (user + system) / 1e6 });
    })();
  });
  process.send?.({ ready: true });
}

const [what = '', ...words] = process.argv.slice(2);
process.once('disconnect', () => process.exit(0));
if (what === 'echo') await echo(words[0] ?? '');
else sql(words[0] ?? '', Number(words[1]), Number(words[2]), JSON.parse(words[3] ?? '') as Sample);
