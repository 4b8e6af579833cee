// What a change came to, in the page's language.

import { fieldsOf, outcomeOf } from './changes';
import { formatList, t, tOf } from './locale.svelte';
import { needsSpace } from './marks';
import type { QuestionChange } from './types';

/** Which fields changed, and whether the question is proven. */
export function changeWords(change: QuestionChange): string {
  const fields = fieldsOf(change);
  const names = formatList(fields.map((field) => tOf('field', field)));
  const said = fields.includes('new') ? t('changes.added') : fields.length > 0 ? t('changes.fields', { names }) : '';
  const outcome = outcomeOf(change);
  if (outcome === 'kept') return said;
  return (said && needsSpace(said) ? `${said} ` : said) + t(`changes.${outcome}`);
}
