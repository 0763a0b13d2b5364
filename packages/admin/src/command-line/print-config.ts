/** The configuration of a server, as getBrokerConfig and getNamesrvConfig print it. */
import type { Report } from './report.ts';

export function printConfig(report: Report, heading: string, properties: ReadonlyMap<string, string>): void {
  report.line(`============${heading}============`);
  for (const [key, value] of [...properties].sort(([a], [b]) => (a < b ? -1 : 1)))
    report.printf('%-50s=  %s\n', key, value);
}
