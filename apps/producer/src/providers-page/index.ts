export { providerData, providerPage, providersData, providersOverview } from './providers-page.ts';
