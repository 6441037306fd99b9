package bench

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/mattn/go-sqlite3"

	"ringside/db"
)

// bareTable is a file with nothing but the attempts of another: a table of the
// same columns, key and indexes, as that file's own schema has them, opened with
// the server's pragmas, and checkpointed as the server's file is: by the same
// checkpointer, on a connection of its own, beside the inserts. It is what the
// cheapest conceivable writer would fill.
type bareTable struct {
	pool *sqlx.DB
	conn *sql.Conn
	// writing is held by whoever writes: a transaction, or a checkpoint in its turn.
	writing sync.Mutex
	log     *db.Checkpointer
}

// newBare makes a bare table in a file, with the attempts of the file full.
func newBare(ctx context.Context, file, full string) (err error) {
	b, err := openBare(ctx, file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	if _, err := b.conn.ExecContext(ctx, "attach $1 as full", full); err != nil {
		return err
	}
	// What makes the table first, then its indexes.
	made, err := texts(ctx, b.conn, "select sql from full.sqlite_master where tbl_name = 'attempts' and sql is not null order by type = 'index'")
	if err != nil {
		return err
	}
	for _, text := range append(made, "insert into main.attempts select * from full.attempts order by campaign_id, attempt_no", "pragma wal_checkpoint(truncate)") {
		if _, err := b.conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}

func openBare(ctx context.Context, file string) (*bareTable, error) {
	pool, err := db.OpenFile(file)
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	b := &bareTable{pool: pool, conn: conn}
	b.log = db.NewCheckpointer(pool, func() func() {
		b.writing.Lock()
		return b.writing.Unlock
	})
	return b, nil
}

func (b *bareTable) close() error {
	b.log.Wait()
	return errors.Join(b.conn.Close(), b.pool.Close())
}

func texts(ctx context.Context, conn *sql.Conn, query string) (all []string, err error) {
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// insertLike inserts the attempts that full has and the table has not, in the
// order in which they arrived there, one prepared INSERT a row straight at the
// driver, each rows of them in a transaction. Reading them is not timed; what a
// checkpoint copies meanwhile is not charged.
func (b *bareTable) insertLike(ctx context.Context, full string, each int) (done load, err error) {
	// On a connection of its own: a cursor that is open on the writer's would keep
	// the log from beginning anew.
	rows, err := b.pool.Conn(ctx)
	if err != nil {
		return load{}, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	if _, err := rows.ExecContext(ctx, "attach $1 as full", full); err != nil {
		return load{}, err
	}
	// Sorted into a table first, so that reading goes on beside commits.
	const missing = `create temp table missing as select f.* from full.attempts f
		where f.attempt_no > coalesce((select max(m.attempt_no) from main.attempts m where m.campaign_id = f.campaign_id), 0) order by f.arrived_us`
	for _, text := range []string{missing, "detach full"} {
		if _, err := rows.ExecContext(ctx, text); err != nil {
			return load{}, err
		}
	}
	err = rows.Raw(func(from any) error {
		return b.conn.Raw(func(to any) error {
			done, err = b.insertMissing(from.(*sqlite3.SQLiteConn), to.(*sqlite3.SQLiteConn), each)
			return err
		})
	})
	return done, err
}

func (b *bareTable) insertMissing(reader, conn *sqlite3.SQLiteConn, each int) (done load, err error) {
	from, err := reader.Query("select * from missing order by rowid", nil)
	if err != nil {
		return load{}, err
	}
	defer from.Close()
	columns := len(from.Columns())
	insert, err := conn.Prepare("insert into main.attempts values (" + strings.Repeat("?,", columns-1) + "?)")
	if err != nil {
		return load{}, err
	}
	defer insert.Close()
	// Asked again after its end, the driver would begin anew.
	for last := false; !last; {
		piece, err := readRows(from, columns, each)
		if err != nil {
			return done, err
		}
		last = len(piece) < each
		began := time.Now()
		if err := b.commit(conn, insert, piece); err != nil {
			return done, err
		}
		done.took += time.Since(began)
		done.attempts += len(piece)
	}
	return done, nil
}

// commit inserts rows in one transaction.
func (b *bareTable) commit(conn *sqlite3.SQLiteConn, insert driver.Stmt, rows [][]driver.Value) error {
	b.writing.Lock()
	defer b.log.Committed()
	defer b.writing.Unlock()
	if _, err := conn.Exec("begin immediate", nil); err != nil {
		return err
	}
	for _, values := range rows {
		if _, err := insert.Exec(values); err != nil {
			return err
		}
	}
	_, err := conn.Exec("commit", nil)
	return err
}

// readRows reads most rows, or fewer at the end.
func readRows(from driver.Rows, columns, most int) (piece [][]driver.Value, err error) {
	for len(piece) < most {
		values := make([]driver.Value, columns)
		switch err := from.Next(values); {
		case errors.Is(err, io.EOF):
			return piece, nil
		case err != nil:
			return nil, err
		}
		piece = append(piece, values)
	}
	return piece, nil
}

// commits is how many transactions have written to the file since its journal was
// made, as the engine counts them in its shared index (walformat: iChange).
func commits(file string) (int, error) {
	shared, err := os.Open(file + "-shm")
	if err != nil {
		return 0, err
	}
	defer shared.Close()
	var count [4]byte
	if _, err := shared.ReadAt(count[:], 8); err != nil {
		return 0, err
	}
	return int(binary.NativeEndian.Uint32(count[:])), nil
}
