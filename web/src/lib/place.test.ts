import { describe, expect, it } from 'vitest';
import { sectionOf } from './place';

describe('sectionOf', () => {
  it('is told by headings where there are no pages', () => {
    expect(sectionOf({ page: 1, paged: false, heading_path: ['Plants', 'Leaves'] })).toBe('§ Plants › Leaves');
    expect(sectionOf({ page: 1, paged: false, heading_path: [] })).toBe('');
    expect(sectionOf({ page: 4, paged: true, heading_path: ['Plants'] })).toBeNull();
    expect(sectionOf({ page: 4 })).toBeNull();
  });
});
