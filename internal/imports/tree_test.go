package imports

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// eachFile calls visit with the path, from the root of the tree, and the text
// of each Go file of ours. Left out are tools, which is another module, and what
// the go command leaves out too.
func eachFile(t *testing.T, visit func(file string, text []byte)) {
	t.Helper()
	root, files := os.DirFS(filepath.Join("..", "..")), 0
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "tools" || d.Name() == "testdata" || path != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go"):
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		files++
		visit(path, text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Fatalf("looked at %d files: the walk did not find the tree", files)
	}
}
