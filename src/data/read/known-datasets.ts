/** Public datasets whose files say neither what they are nor under which licence, by identity. */
const known: Readonly<Record<string, { readonly name: string; readonly licence: string }>> = {
  fac35066c30f3155707787a94d6a5a39fdd09deb817364b2fcd590d202349c75: {
    name: '2018 Data Science Bowl, stage 1 training images (BBBC038) with corrected masks',
    licence: 'CC0-1.0',
  },
  f5fbb432708033e3faf8f364eabf37b91ed6bea8cfd2177dfab032735b59ec48: {
    name: 'dsb2018-mini: crops of the 2018 Data Science Bowl (BBBC038)',
    licence: 'CC0-1.0',
  },
};

/** Name and licence of a public dataset; undefined for any other. */
export const knownDataset = (identity: string) =>
  Object.hasOwn(known, identity) ? known[identity] : undefined;
