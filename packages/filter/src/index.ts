/** SQL92 message filters: what `@rocketmq-ts/filter` offers to other packages. */
export type { PropertySource } from './expression.ts';
export { SqlFilter, type Verdict } from './filter.ts';
export { FilterEvaluationError, FilterSyntaxError } from './filter-error.ts';
export { MAX_FILTER_DEPTH, MAX_FILTER_LENGTH } from './parser.ts';
