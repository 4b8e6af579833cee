import { mount } from 'svelte';
import App from './App.svelte';
import { locale } from './lib/locale.svelte';
import './styles/tokens.css';
import './styles/base.css';

await locale.start();
const target = document.getElementById('app')!;
target.replaceChildren(); // the shape of the page, which index.html holds
mount(App, { target });
