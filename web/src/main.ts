import { mount } from 'svelte';
import App from './App.svelte';
import { locale } from './lib/locale.svelte';
import './styles/tokens.css';
import './styles/base.css';

await locale.start();
mount(App, { target: document.getElementById('app')! });
