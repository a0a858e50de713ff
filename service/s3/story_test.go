package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestCopies(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	w.bucket("other")
	_, err := w.client.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String("logs"), Key: aws.String("a b+c"), Body: strings.NewReader("text"), ContentType: aws.String("text/plain"),
		Metadata: map[string]string{"one": "1"}, Tagging: aws.String("t=1"), CacheControl: aws.String("no-cache"),
	})
	must(t, err)
	copied, err := w.client.CopyObject(t.Context(), &sdk.CopyObjectInput{Bucket: aws.String("other"), Key: aws.String("k"), CopySource: aws.String("logs/a%20b%2Bc")})
	must(t, err)
	if aws.ToString(copied.CopyObjectResult.ETag) != `"1cb251ec0d568de6a929b520c4aed8d1"` || w.read("other", "k", "") != "text" {
		t.Errorf("%+v", copied.CopyObjectResult)
	}
	head := func() *sdk.HeadObjectOutput {
		out, err := w.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String("other"), Key: aws.String("k")})
		must(t, err)
		return out
	}
	if h := head(); aws.ToString(h.ContentType) != "text/plain" || h.Metadata["one"] != "1" || aws.ToInt32(h.TagCount) != 1 || aws.ToString(h.CacheControl) != "no-cache" {
		t.Errorf("%+v", h)
	}
	_, err = w.client.CopyObject(t.Context(), &sdk.CopyObjectInput{
		Bucket: aws.String("other"), Key: aws.String("k"), CopySource: aws.String("other/k"), MetadataDirective: types.MetadataDirectiveReplace,
		Metadata: map[string]string{"two": "2"}, TaggingDirective: types.TaggingDirectiveReplace, StorageClass: types.StorageClassStandardIa,
	})
	must(t, err)
	if h := head(); h.Metadata["one"] != "" || h.Metadata["two"] != "2" || h.TagCount != nil || h.StorageClass != types.StorageClassStandardIa {
		t.Errorf("%+v", h)
	}
	// A part may be a stretch of an object.
	u, err := w.client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String("logs"), Key: aws.String("parts")})
	must(t, err)
	part, err := w.client.UploadPartCopy(t.Context(), &sdk.UploadPartCopyInput{
		Bucket: aws.String("logs"), Key: aws.String("parts"), UploadId: u.UploadId, PartNumber: aws.Int32(1), CopySource: aws.String("other/k"), CopySourceRange: aws.String("bytes=1-2"),
	})
	must(t, err)
	_, err = w.client.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{
		Bucket: aws.String("logs"), Key: aws.String("parts"), UploadId: u.UploadId,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.CopyPartResult.ETag}}},
	})
	must(t, err)
	if got := w.read("logs", "parts", ""); got != "ex" {
		t.Errorf("%q", got)
	}
}

func TestUploadsAreListed(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, key := range []string{"b", "a/1", "a/1", "a/2", "c", "a/1"} {
		_, err := w.client.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String("logs"), Key: &key})
		must(t, err)
	}
	walk := func(in sdk.ListMultipartUploadsInput) (got []string) {
		in.Bucket = aws.String("logs")
		seen := map[string]bool{}
		for more := true; more; {
			out, err := w.client.ListMultipartUploads(t.Context(), &in)
			must(t, err)
			for _, u := range out.Uploads {
				if seen[*u.UploadId] {
					t.Fatalf("%s is listed twice", *u.Key)
				}
				seen[*u.UploadId] = true
				got = append(got, *u.Key)
			}
			for _, p := range out.CommonPrefixes {
				got = append(got, *p.Prefix)
			}
			in.KeyMarker, in.UploadIdMarker, more = out.NextKeyMarker, out.NextUploadIdMarker, aws.ToBool(out.IsTruncated)
		}
		return got
	}
	all := []string{"a/1", "a/1", "a/1", "a/2", "b", "c"}
	for _, n := range []int32{1, 2, 1000} {
		if diff := cmp.Diff(all, walk(sdk.ListMultipartUploadsInput{MaxUploads: &n})); diff != "" {
			t.Errorf("%d a page: %s", n, diff)
		}
		if diff := cmp.Diff([]string{"a/", "b", "c"}, walk(sdk.ListMultipartUploadsInput{MaxUploads: &n, Delimiter: aws.String("/")}), cmpopts.SortSlices(strings.Compare)); diff != "" {
			t.Errorf("%d a page: %s", n, diff)
		}
	}
	if diff := cmp.Diff([]string{"a/2"}, walk(sdk.ListMultipartUploadsInput{Prefix: aws.String("a/2")})); diff != "" {
		t.Error(diff)
	}
}

// What is put into a setting is what is read, and gone when it is deleted.
func TestSettingsComeBack(t *testing.T) {
	w := newWorld(t)
	w.bucket("logs")
	for _, c := range []struct{ query, document, gone string }{
		{"versioning", "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>", ""},
		{"publicAccessBlock", "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>", "NoSuchPublicAccessBlockConfiguration"},
		{"ownershipControls", "<OwnershipControls><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>", "OwnershipControlsNotFoundError"},
		{"encryption", "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>", "AES256"},
		{"lifecycle", "<LifecycleConfiguration><Rule><ID>a</ID><Filter><And><Prefix>x</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter><Status>Enabled</Status><Expiration><Days>1</Days></Expiration></Rule></LifecycleConfiguration>", "NoSuchLifecycleConfiguration"},
		{"cors", "<CORSConfiguration><CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin></CORSRule></CORSConfiguration>", "NoSuchCORSConfiguration"},
		{"website", "<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>", "NoSuchWebsiteConfiguration"},
		{"logging", "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>a &amp; b</TargetPrefix></LoggingEnabled></BucketLoggingStatus>", ""},
		{"accelerate", "<AccelerateConfiguration><Status>Enabled</Status></AccelerateConfiguration>", ""},
		{"requestPayment", "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>", ""},
		{"tagging", "<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>", "NoSuchTagSet"},
	} {
		put, text := w.send("PUT", "/logs?"+c.query, strings.Replace(c.document, ">", ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`, 1))
		if put.StatusCode != 200 && put.StatusCode != 204 {
			t.Errorf("%s: %d %s", c.query, put.StatusCode, text)
		}
		_, text = w.send("GET", "/logs?"+c.query, "")
		_, text, _ = strings.Cut(text, "\n")
		if got := strings.Replace(text, ` xmlns="http://s3.amazonaws.com/doc/2006-03-01/"`, "", 1); got != c.document {
			t.Errorf("%s came back as %s", c.query, got)
		}
		if c.gone == "" {
			continue
		}
		if gone, text := w.send("DELETE", "/logs?"+c.query, ""); gone.StatusCode != 204 {
			t.Errorf("%s: %d %s", c.query, gone.StatusCode, text)
		}
		if _, text := w.send("GET", "/logs?"+c.query, ""); !strings.Contains(text, ">"+c.gone+"<") {
			t.Errorf("%s is still there: %s", c.query, text)
		}
	}
}
