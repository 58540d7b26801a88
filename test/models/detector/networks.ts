import { afterEach } from 'vitest';
import {
  buildDetectorNetwork,
  type DetectorNetwork,
  type DetectorNetworkOptions,
} from '../../../src/models/detector/network.js';

/** For a test file: builds networks that are disposed after each test. */
export function useNetworks(): (options: DetectorNetworkOptions) => DetectorNetwork {
  const networks: DetectorNetwork[] = [];
  afterEach(() => networks.splice(0).forEach((network) => network.dispose()));
  return (options) => {
    const network = buildDetectorNetwork(options);
    networks.push(network);
    return network;
  };
}
