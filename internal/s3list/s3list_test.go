package s3list_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"tocsin/internal/s3list"
)

const listing = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>logs</Name><IsTruncated>false</IsTruncated>%s` +
	`<Contents><Key>%s</Key><Size>1</Size></Contents><CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes></ListBucketResult>`

// One object with an odd key made the whole page unreadable.
func TestPage(t *testing.T) {
	const says = "<EncodingType>url</EncodingType>"
	for _, test := range []struct {
		name         string
		says         string
		key, prefix  string // on the wire
		wantKey      string
		wantPrefix   string
		wantInErrors string
	}{
		{"a control character", says, "a/%01b", "%1b%5B31m/", "a/\x01b", "\x1b[31m/", ""},
		{"blank, plus and percent", says, "a+b%2Bc%2520d", "x%20y/", "a b+c%20d", "x y/", ""},
		{"beyond ASCII", says, "%C3%BC", "\u00fc/", "\u00fc", "\u00fc/", ""},
		{"a server that does not know it", "", "a+b%2Bc", "x%20y/", "a+b%2Bc", "x%20y/", ""},
		{"a server that only says so", says, "a%zz", "x/", "", "", `"a%zz", which is not percent-encoded`},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key, prefix := test.key, test.prefix
			if r.URL.Query().Get("encoding-type") != "url" {
				key, prefix = "&#x1;", "&#x1;" // as S3 writes it, and no XML may have it
			}
			_, _ = io.WriteString(w, fmt.Sprintf(listing, test.says, key, prefix))
		}))
		client := s3.New(s3.Options{
			Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
			Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		})
		in := s3.ListObjectsV2Input{Bucket: aws.String("logs")}
		out, err := s3list.Page(t.Context(), client, &in)
		server.Close()
		switch {
		case test.wantInErrors != "":
			if err == nil || !strings.Contains(err.Error(), test.wantInErrors) {
				t.Errorf("%s: %v, want %q", test.name, err, test.wantInErrors)
			}
		case err != nil:
			t.Errorf("%s: %v", test.name, err)
		default:
			got := []string{*out.Contents[0].Key, *out.CommonPrefixes[0].Prefix}
			if want := []string{test.wantKey, test.wantPrefix}; !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", test.name, got, want)
			}
		}
		if in.EncodingType != "" {
			t.Errorf("%s: the caller's request was changed", test.name)
		}
	}
}
