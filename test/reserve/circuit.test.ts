import { expect } from 'chai';
import { Circuit } from '../../src/reserve/circuit.ts';
import { waitUntil } from '../helpers/wait-until.ts';

describe('the circuit', () => {
  let circuit: Circuit;
  afterEach(() => circuit.stop());

  it('stays open until a ping is answered, and says so', async () => {
    let answers = false;
    let pings = 0;
    const changes: boolean[] = [];
    circuit = new Circuit(
      async () => {
        pings++;
        if (!answers) throw new Error('away');
      },
      (open) => changes.push(open),
    );
    expect(circuit.isOpen).to.equal(false);
    circuit.open();
    circuit.open();
    expect(circuit.isOpen).to.equal(true);
    await waitUntil('two pings', () => pings >= 2);
    expect(circuit.isOpen).to.equal(true);
    answers = true;
    await waitUntil('closed', () => !circuit.isOpen);
    expect(changes).to.deep.equal([true, false]);
  });

  it('opens again', async () => {
    circuit = new Circuit(async () => {});
    for (let i = 0; i < 2; i++) {
      circuit.open();
      expect(circuit.isOpen).to.equal(true);
      await waitUntil('closed', () => !circuit.isOpen);
    }
  });

  it('asks no more once stopped', async () => {
    let pings = 0;
    circuit = new Circuit(async () => {
      pings++;
      throw new Error('away');
    });
    circuit.open();
    await waitUntil('a ping', () => pings === 1);
    circuit.stop();
    await waitUntil('the end of its probing', () => !circuit.isOpen);
    // It may have been about to ask.
    expect(pings).to.be.at.most(2);
    circuit.open();
    expect(circuit.isOpen).to.equal(false);
  });
});
