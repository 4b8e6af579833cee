// Files that the server makes: their name, and saving them.

/** The name that the server gave a file. */
export function nameOf(response: Pick<Response, 'headers'>, fallback: string): string {
  const disposition = response.headers.get('content-disposition') ?? '';
  const name = /filename\*=UTF-8''([^;]+)/.exec(disposition)?.[1];
  return name ? decodeURIComponent(name) : fallback;
}

/** Hands a file to the browser, which saves it. */
export function saveFile({ name, blob }: { name: string; blob: Blob }): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
