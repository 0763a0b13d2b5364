/**
 * Makes the text of a scrape. Scrapes that come while one is being made get that one.
 *
 * On a slave only the broker's own figures are told: those of topics and groups are the master's, and sums over both would
 * count them twice.
 */
import { addBrokerMetrics } from './broker-metrics.ts';
import { ClientMetrics } from './client-metrics.ts';
import { Exposition } from './exposition.ts';
import { addGroupMetrics } from './group-metrics.ts';
import type { MetricsSource } from './metrics-source.ts';
import { addGroupRates, addTopicMetrics, addTopicRates } from './topic-metrics.ts';

export class BrokerScrape {
  readonly #source: MetricsSource;
  readonly #clients: ClientMetrics;
  #making: Promise<string> | undefined;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.#clients = new ClientMetrics(source);
  }

  text(): Promise<string> {
    this.#making ??= this.#make().finally(() => {
      this.#making = undefined;
    });
    return this.#making;
  }

  async #make(): Promise<string> {
    const source = this.#source;
    const { settings, platform } = source.control;
    const out = new Exposition(platform.clock, settings.metricsMaxLines);
    await addBrokerMetrics(out, source);
    await addTopicRates(out, source);
    await addGroupRates(out, source);
    if (settings.brokerRole !== 'SLAVE') {
      await this.#clients.add(out);
      await addTopicMetrics(out, source);
      await addGroupMetrics(out, source);
    }
    return out.text();
  }
}
