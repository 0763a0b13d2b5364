/** Who the broker is, where it listens and which name servers it tells (RocketMQ: BrokerConfig, NettyServerConfig). */
import { bool, choice, int, long, text } from '../config-key.ts';

/** Names become topic names and thereby folder names: no separators, no `.` or `..`, nothing invisible. */
function isSafeName(name: string): boolean {
  return (
    name.length >= 1 && name.length <= 127 && name !== '.' && name !== '..' && /^[^/\\\p{C}\s]+$/u.test(name)
  );
}

const nameRule = {
  allowed: '1 to 127 characters without spaces, slashes and control characters',
  test: isSafeName,
};

const addressRule = {
  allowed: 'an address or host name',
  test: (value: string) => /^[^\s;,/]+$/.test(value),
};

function isAddressList(value: string): boolean {
  if (value === '') return true;
  return value
    .split(';')
    .filter((part) => part.trim() !== '')
    .every((part) => /^[^\s:;]+:\d{1,5}$/.test(part.trim()) && Number(part.trim().split(':')[1]) <= 65535);
}

const addressListRule = { allowed: 'host:port, several separated by ";"', test: isAddressList };

const oneAddressRule = {
  allowed: 'host:port',
  test: (value: string) => isAddressList(value) && !value.includes(';'),
};

/** A base port p needs p-2 and p+1 too; 0 looks for a free base. */
function isBasePort(port: number): boolean {
  return port === 0 || (port >= 3 && port <= 65534);
}

const basePort = int(10911);

export const identityKeys = {
  rocketmqHome: text((host) => host.environment.ROCKETMQ_HOME ?? ''),
  namesrvAddr: text((host) => host.environment.NAMESRV_ADDR ?? '', { important: true, ...addressListRule }),
  fetchNamesrvAddrByAddressServer: bool(false, { important: true }),
  brokerName: text((host) => host.hostName, { important: true, ...nameRule }),
  brokerClusterName: text('DefaultCluster', { important: true, ...nameRule }),
  brokerId: long(0, { important: true }),
  brokerIP1: text((host) => host.localAddress, { important: true, ...addressRule }),
  brokerIP2: text((host) => host.localAddress, addressRule),
  listenPort: {
    ...basePort,
    allowed: '0, or a port from 3 to 65534 (two below it and one above are used too)',
    parse: (value: string) => {
      const port = basePort.parse(value);
      return port !== undefined && isBasePort(port) ? port : undefined;
    },
  },
  haListenPort: int(10912, { max: 65535, effect: 'mapped' }),
  brokerPermission: int(6, { max: 7, unit: 'bits', change: 'live' }),
  brokerRole: choice(['ASYNC_MASTER', 'SYNC_MASTER', 'SLAVE'], 'ASYNC_MASTER', { important: true }),
  haMasterAddress: text('', { important: true, ...oneAddressRule }),
  regionId: text('DefaultRegion', { change: 'live' }),
  messageStorePlugIn: text('', { effect: 'none' }),
  rmqAddressServerDomain: text('jmenv.tbsite.net'),
  rmqAddressServerSubGroup: text('nsaddr'),
};
