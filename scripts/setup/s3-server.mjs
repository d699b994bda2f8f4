// The S3-compatible server that the tests of the bucket start: Ceph's gateway, a monitor and a store. Only CI insists on it; where it cannot
// be installed without a password, those tests are skipped.

import { findPrograms } from './program.mjs';

export function findS3Server() {
  return ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'].every((name) => findPrograms([name]).length > 0);
}
