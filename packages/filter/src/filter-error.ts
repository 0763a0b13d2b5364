/**
 * What goes wrong with a SQL92 filter. Counterpart of MQFilterException, which says neither what nor where.
 */

/** The expression does not compile. The broker answers SUBSCRIPTION_PARSE_FAILED (23) with this text. */
export class FilterSyntaxError extends Error {
  readonly code = 'FILTER_SYNTAX';
  readonly retriable = false;
  /** Where in the expression, in UTF-16 units from 0. */
  readonly position: number;

  constructor(expression: string, position: number, problem: string) {
    const near = expression.slice(position, position + 20);
    const where = near === '' ? 'at its end' : `at position ${position}, near "${near}"`;
    super(`the SQL92 expression "${shorten(expression)}" does not compile: ${problem}, ${where}`);
    this.name = 'FilterSyntaxError';
    this.position = position;
  }
}

/** The expression compiles, but a message's properties cannot be compared as it asks: the message does not match. */
export class FilterEvaluationError extends Error {
  readonly code = 'FILTER_EVALUATION';
  readonly retriable = false;

  constructor(problem: string) {
    super(problem);
    this.name = 'FilterEvaluationError';
  }
}

function shorten(expression: string): string {
  return expression.length <= 200 ? expression : `${expression.slice(0, 197)}...`;
}
