package dialer

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"sync"
)

// A message is kept compressed against what a typical one of its kind looks like:
// most of each is names that are always the same. The first byte tells by which
// text: one that was ever used to keep a message must not be changed, only followed
// by another.

// packedBy is the first byte of what Pack makes now.
const packedBy = 1

// messageMost bounds what Unpack makes of a message.
const messageMost = 64 << 20

var errPacked = errors.New("dialer: a kept message is damaged")

// packers are the kinds' compressors, as making one costs more than using it.
var packers sync.Map

// Pack compresses a message to be kept. Equal messages have equal bytes.
func (k *Kind) Pack(raw []byte) []byte {
	pool, _ := packers.LoadOrStore(k.Name, &sync.Pool{New: func() any {
		w, err := flate.NewWriterDict(io.Discard, flate.DefaultCompression, []byte(typical[k.Name]))
		if err != nil {
			panic("dialer: " + err.Error()) // the level is one that exists
		}
		return w
	}})
	w := pool.(*sync.Pool).Get().(*flate.Writer)
	defer pool.(*sync.Pool).Put(w)
	var out bytes.Buffer
	out.WriteByte(packedBy)
	w.Reset(&out)
	if _, err := w.Write(raw); err != nil {
		panic("dialer: " + err.Error()) // a buffer takes everything
	}
	if err := w.Close(); err != nil {
		panic("dialer: " + err.Error())
	}
	return out.Bytes()
}

// Unpack reads back what Pack made.
func (k *Kind) Unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 || packed[0] != packedBy {
		return nil, errPacked
	}
	raw, err := io.ReadAll(io.LimitReader(flate.NewReaderDict(bytes.NewReader(packed[1:]), []byte(typical[k.Name])), messageMost+1))
	if err != nil || len(raw) > messageMost {
		return nil, errPacked
	}
	return raw, nil
}
