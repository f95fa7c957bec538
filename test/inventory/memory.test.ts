import { VirtualClock } from '../../src/clock/virtual.js';
import { MemoryDatabase } from '../../src/inventory/memory.js';
import { inventoryContract } from './contract.js';

describe('inventory in memory', () => {
  inventoryContract(async () => {
    const database = new MemoryDatabase(new VirtualClock());
    return { connect: async () => database.connect(), end: async () => undefined };
  });
});
