import { describe, expect, it } from 'vitest';
import { curlOf, isWorthShowing } from './curl';
import { bankLink, courseLink, parseRoute, quizLink, talkLink } from './route';

describe('addresses', () => {
  it('are read as they are written', () => {
    expect(parseRoute(courseLink('c1', 'material'))).toMatchObject({ view: 'course', course: 'c1', tab: 'material' });
    expect(parseRoute(courseLink('c1'))).toMatchObject({ course: 'c1', tab: 'ask', quiz: null });
    expect(parseRoute(courseLink('c1'))).toMatchObject({ talk: null });
    expect(parseRoute(talkLink('c1', 't1'))).toMatchObject({ course: 'c1', tab: 'ask', talk: 't1', quiz: null });
    expect(parseRoute('#/courses/c1/material/t1').talk).toBe(null);
    expect(parseRoute(quizLink('c1', 'q1'))).toMatchObject({ tab: 'quizzes', quiz: 'q1', use: 'edit' });
    expect(parseRoute(quizLink('c1', 'q1', 'print'))).toMatchObject({ quiz: 'q1', use: 'print' });
    expect(parseRoute(quizLink('c1', 'q1', 'bank'))).toMatchObject({ quiz: 'q1', use: 'bank' });
    expect(parseRoute(bankLink('c1'))).toMatchObject({ tab: 'quizzes', quiz: null, use: 'bank' });
    expect(parseRoute('#/courses/c1/material/x/bank').use).toBe('edit');
    expect(parseRoute('#/status').view).toBe('status');
  });

  it.each(['', '#', '#/', '#/nowhere', '#/courses', '#/courses/'])('%j is the home', (hash) => {
    expect(parseRoute(hash)).toMatchObject({ view: 'home', course: null });
  });
});

describe('curl', () => {
  it('quotes what the shell would take apart, and never shows the key', () => {
    const call = { method: 'POST', path: '/api/v1/courses/c/ask', body: '{"question":"What\'s $HOME?"}' };
    expect(curlOf(call, 'http://127.0.0.1:8080', true)).toBe(
      `curl http://127.0.0.1:8080/api/v1/courses/c/ask -H "Authorization: Bearer $LECTERN_KEY" ` +
        `-H 'content-type: application/json' -d '{"question":"What'\\''s $HOME?"}'`,
    );
  });

  it('names the method where it is not told by the rest', () => {
    const path = '/api/v1/documents/d';
    expect(curlOf({ method: 'DELETE', path }, '', false)).toBe(`curl ${path} -X DELETE`);
    expect(curlOf({ method: 'POST', path, files: ['my notes.pdf'] }, '', false)).toBe(
      `curl ${path} -F 'file=@my notes.pdf'`,
    );
  });

  it('leaves out what the page does by itself', () => {
    const shown = [
      '/api/v1/courses',
      '/api/v1/jobs/j/events',
      '/api/v1/status',
      '/health/live',
      '/api/v1/courses/c/conversations?limit=200',
    ];
    expect(shown.filter((path) => isWorthShowing({ method: 'GET', path }))).toEqual(['/api/v1/courses']);
  });
});
