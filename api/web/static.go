package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"path"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// File is one file that a browser loads.
type File struct {
	Type string
	Body []byte
	// Gzip is Body compressed; nil where that saves nothing.
	Gzip []byte
}

// bundle is all files by name, and the hash of them together: what one of them
// imports lies beside it, under the same hash.
var bundle = sync.OnceValue(func() (b struct {
	hash  string
	files map[string]File
}) {
	b.files = map[string]File{}
	sum := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := staticFiles.ReadFile(name)
		if err != nil {
			return err
		}
		short := strings.TrimPrefix(name, "static/")
		sum.Write([]byte(short))
		sum.Write(body)
		b.files[short] = File{Type: typeOf(short), Body: body, Gzip: Compressed(body)}
		return nil
	})
	if err != nil {
		panic(err)
	}
	b.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return b
})

func typeOf(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".LICENSE":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// Compressed is a body in gzip, or nil where that saves nothing.
func Compressed(body []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.DefaultCompression)
	if err != nil {
		panic(err)
	}
	if _, err := w.Write(body); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	if b.Len() >= len(body) {
		return nil
	}
	return b.Bytes()
}

// Static is the path of a file: it changes whenever a file does, so that browsers
// may keep what they have for good.
func Static(name string) string { return "/static/" + bundle().hash + "/" + name }

// StaticFile returns the file of a name, of this hash or an older one: a page that
// was open while the program was replaced gets what there is now. Kept says that
// it may be kept for good.
func StaticFile(hash, name string) (f File, kept, ok bool) {
	f, ok = bundle().files[name]
	return f, hash == bundle().hash, ok
}
