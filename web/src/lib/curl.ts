// The page's calls as shell commands: whatever the page does, the API can do.

export interface Call {
  method: string;
  /** From the server's root on. */
  path: string;
  /** JSON, where one is sent. */
  body?: string;
  /** Names of files that are sent as a form. */
  files?: string[];
}

/** A word that a POSIX shell takes as it is. */
export const shellWord = (text: string) =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The call as a `curl` command. The key is named by a variable, so that it can't be copied by accident. */
export function curlOf(call: Call, origin: string, withKey: boolean): string {
  const parts = ['curl', shellWord(origin + call.path)];
  if (call.method !== 'GET' && !(call.method === 'POST' && (call.body || call.files))) parts.push('-X', call.method);
  if (withKey) parts.push('-H', '"Authorization: Bearer $LECTERN_KEY"');
  if (call.body) parts.push('-H', shellWord('content-type: application/json'), '-d', shellWord(call.body));
  for (const file of call.files ?? []) parts.push('-F', shellWord(`file=@${file}`));
  return parts.join(' ');
}

/** Whether a call belongs to what the user did: not the page's own watching. */
export const isWorthShowing = ({ method, path }: Call) =>
  path.startsWith('/api/') &&
  !/\/events$|\/status$|\/jobs\/|\.png$/.test(path) &&
  !(method === 'GET' && /\/conversations\?/.test(path));
