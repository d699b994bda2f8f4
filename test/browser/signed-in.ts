/** A dashboard of its own, and a browser in which its user is signed in. */
import type { Page } from 'playwright-core';
import { type House, openHouse } from '../../apps/dashboard/src/testing/house.ts';
import { openChromium } from './chromium.ts';
import { logIn, openWatchfulPage } from './watchful-page.ts';

export interface SignedIn {
  house: House;
  page: Page;
  /** Closes browser and dashboard. */
  close: () => Promise<void>;
}

export async function openSignedIn(redisUrl: string, chromium: string): Promise<SignedIn> {
  const house = await openHouse(redisUrl);
  const browser = await openChromium(chromium).catch(async (error: unknown) => {
    await house.close();
    throw error;
  });
  const close = async (): Promise<void> => {
    await browser.close();
    await house.close();
  };
  try {
    const { page } = await openWatchfulPage(browser, house.url);
    await logIn(page, house.url, house.user, house.password);
    return { house, page, close };
  } catch (error) {
    await close();
    throw error;
  }
}
