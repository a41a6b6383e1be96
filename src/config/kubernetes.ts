/** What Kubernetes sets in every container for a Service called `tocsin` or `tocsin-…`. */
const SERVICE = /^TOCSIN_(?:[A-Z0-9_]+_)?SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$/;
const LINK = /^TOCSIN_(?:[A-Z0-9_]+_)?PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/;
const PORT = /^TOCSIN_(?:[A-Z0-9_]+_)?PORT$/;
const PORT_VALUE = /^(?:tcp|udp|sctp):\/\//;

/** True for a name that nobody chose: `TOCSIN_PORT=tcp://10.0.0.1:8000` and its kin. */
export function isInjectedByKubernetes(name: string, value: string): boolean {
  return SERVICE.test(name) || LINK.test(name) || (PORT.test(name) && PORT_VALUE.test(value));
}
