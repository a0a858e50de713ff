package main

import (
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"slices"
	"sort"
	"strconv"
	"strings"

	"tocsin/source"
)

// A server is as much of S3 as a validation needs, over the files of a mirror,
// and ListPublicKeys. It checks no signatures and keeps the names of the
// objects and their metadata in memory, so that it is in nobody's way.
type server struct {
	m    *mirror
	keys []string // in order
	meta map[string]map[string]string
	http http.Server
	url  string
}

// serve begins to serve a mirror as it is now; damaged files are noticed.
func serve(m *mirror) (*server, error) {
	s := &server{m: m, meta: map[string]map[string]string{}}
	root := os.DirFS(m.dir)
	err := fs.WalkDir(root, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		key, isMeta := strings.CutSuffix(path, source.MetadataSuffix)
		if !isMeta {
			s.keys = append(s.keys, key)
			return nil
		}
		text, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		var head struct{ Metadata map[string]string }
		s.meta[key] = nil
		err = json.Unmarshal(text, &head)
		s.meta[key] = head.Metadata
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(s.keys)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.url = "http://" + listener.Addr().String()
	s.http.Handler = s
	go func() {
		if err := s.http.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}()
	return s, nil
}

func (s *server) close() error { return s.http.Close() }

// ServeHTTP answers as AWS does.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	query := r.URL.Query()
	switch {
	case strings.HasSuffix(r.Header.Get("X-Amz-Target"), "ListPublicKeys"):
		s.publicKeys(w)
	case name != bucket:
		refuse(w, http.StatusNotFound, "NoSuchBucket")
	case key != "":
		s.get(w, key)
	case query.Has("location"):
		fmt.Fprintf(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</LocationConstraint>`, region)
	default:
		s.list(w, query.Get)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", code, code)
}

func (s *server) publicKeys(w http.ResponseWriter) {
	list := []any{}
	for _, k := range s.m.keys {
		list = append(list, map[string]any{
			"Value": base64.StdEncoding.EncodeToString(k.Value), "Fingerprint": k.Fingerprint,
			"ValidityStartTime": k.ValidFrom.Unix(), "ValidityEndTime": k.ValidTo.Unix(),
		})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	// Who went away has no answer.
	_ = json.NewEncoder(w).Encode(map[string]any{"PublicKeyList": list})
}

func (s *server) get(w http.ResponseWriter, key string) {
	f, err := os.Open(s.m.path(key))
	if err != nil {
		refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	defer f.Close() // it was only read: nothing is lost with an error
	info, err := f.Stat()
	if err != nil {
		refuse(w, http.StatusInternalServerError, "InternalError")
		return
	}
	h := w.Header()
	for name, value := range s.meta[key] {
		h["x-amz-meta-"+name] = []string{value} // in lower case: Python cares
	}
	h.Set("Content-Type", "application/x-gzip")
	h.Set("Content-Length", strconv.FormatInt(info.Size(), 10))
	h.Set("ETag", `"0"`)
	_, _ = io.Copy(w, f) // who went away has no answer
}

// A listing is the answer of both versions of ListObjects.
type listing struct {
	XMLName               xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ ListBucketResult"`
	Name, Prefix          string
	MaxKeys, KeyCount     int
	IsTruncated           bool
	NextMarker            string `xml:",omitempty"`
	NextContinuationToken string `xml:",omitempty"`
	Contents              []listed
	CommonPrefixes        []folder
}

type listed struct {
	Key, LastModified, ETag, StorageClass string
	Size                                  int
}

type folder struct{ Prefix string }

// page is how many names an answer holds.
const page = 1000

func (s *server) list(w http.ResponseWriter, query func(string) string) {
	l := listing{Name: bucket, Prefix: query("prefix"), MaxKeys: page}
	after := max(query("marker"), query("start-after"), query("continuation-token"), l.Prefix)
	next := ""
	for _, key := range s.keys[sort.SearchStrings(s.keys, after):] {
		if !strings.HasPrefix(key, l.Prefix) {
			break
		}
		if key == after || strings.HasSuffix(after, "/") && after != l.Prefix && strings.HasPrefix(key, after) {
			continue
		}
		if l.KeyCount == page {
			l.IsTruncated = true
			break
		}
		if i := strings.Index(key[len(l.Prefix):], "/"); i >= 0 && query("delimiter") == "/" {
			below := key[:len(l.Prefix)+i+1]
			if n := len(l.CommonPrefixes); n > 0 && l.CommonPrefixes[n-1].Prefix == below {
				continue
			}
			l.CommonPrefixes = append(l.CommonPrefixes, folder{below})
			next = below
		} else {
			l.Contents = append(l.Contents, listed{Key: key, LastModified: "2026-03-03T08:00:00.000Z", ETag: `"0"`, StorageClass: "STANDARD"})
			next = key
		}
		l.KeyCount++
	}
	if l.IsTruncated && query("list-type") == "2" {
		l.NextContinuationToken = next
	} else if l.IsTruncated {
		l.NextMarker = next
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(l) // who went away has no answer
}
