#include <sqlite3.h>

/// sqlite3_db_config is variadic, which Swift cannot call. Closing the last connection then leaves
/// the WAL file as it is, and locks no reader out for the time of a checkpoint.
static inline int almanac_no_checkpoint_on_close(sqlite3 *db) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)0);
}
