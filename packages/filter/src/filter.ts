/**
 * The public face of a filter: compile once, judge many messages.
 * Counterpart of org.apache.rocketmq.filter.FilterFactory with ExpressionType.SQL92.
 */
import type { Expression, PropertySource } from './expression.ts';
import { FilterEvaluationError } from './filter-error.ts';
import { parseFilter } from './parser.ts';

/** TRUE, FALSE or unknown. */
export type Verdict = boolean | null;

export class SqlFilter {
  readonly expression: string;
  readonly #root: Expression;

  private constructor(expression: string, root: Expression) {
    this.expression = expression;
    this.#root = root;
  }

  /** @throws FilterSyntaxError when the expression does not compile; its message says what and where. */
  static compile(expression: string): SqlFilter {
    return new SqlFilter(expression, parseFilter(expression));
  }

  /** @throws FilterEvaluationError when a property cannot be read as the literal it is compared with. */
  evaluate(properties: PropertySource): Verdict {
    return this.#root.evaluate(properties) as Verdict;
  }

  /** True only when the verdict is TRUE: unknown and failed evaluations do not match, as in RocketMQ. */
  matches(properties: PropertySource): boolean {
    try {
      return this.evaluate(properties) === true;
    } catch (error) {
      if (error instanceof FilterEvaluationError) return false;
      throw error;
    }
  }
}
