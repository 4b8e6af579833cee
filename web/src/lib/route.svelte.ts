// The page's address, as state.

import { parseRoute, type Route } from './route';

class Router {
  now = $state.raw<Route>(parseRoute(location.hash));

  constructor() {
    addEventListener('hashchange', () => (this.now = parseRoute(location.hash)));
  }

  go(link: string): void {
    location.hash = link;
  }
}

export const router = new Router();
