// Uploads by XMLHttpRequest: fetch can't tell how much of a body has been sent.

import { isAlive } from './api';
import { isProxyAlone, keyHeaders, noteStatus } from './http';
import { lastCalls } from './last_calls.svelte';
import { ApiError, problemFrom, unreachable } from './problem';
import type { Uploaded } from './types';

/** Sends one file. `there` says whether the course held the same bytes already. */
export function uploadFile(
  course: string,
  file: File,
  progress: (sent: number, total: number) => void,
): Promise<{ document: Uploaded['documents'][number]; there: boolean }> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const path = `/api/v1/courses/${encodeURIComponent(course)}/documents`;
    lastCalls.note({ method: 'POST', path, files: [file.name] });
    request.open('POST', path);
    request.responseType = 'json';
    for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
    request.upload.onprogress = (event) => progress(event.loaded, event.total);
    // The browser does not say why: the server may be gone, or the file was moved or changed meanwhile.
    request.onerror = () => {
      isAlive().then(() => reject(new ApiError(400, 'upload_interrupted', '')), reject);
    };
    request.onload = () => {
      noteStatus(request.status);
      const body = request.response as Uploaded | null;
      const document = body?.documents?.[0];
      const rejected = body?.rejected?.[0];
      if (isProxyAlone(request.status)) reject(unreachable());
      else if (document) resolve({ document, there: request.status === 200 });
      else if (rejected) reject(new ApiError(400, rejected.error.code, rejected.error.detail));
      else reject(problemFrom(request.status, body));
    };
    const form = new FormData();
    form.append('file', file, file.name);
    request.send(form);
  });
}
