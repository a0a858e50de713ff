package s3

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A setting is a document of a bucket that is put, given back and deleted as a
// whole, under the subresource of its name.
type setting struct {
	query    string // the subresource
	event    string // what CloudTrail's names hold behind Get, Put and Delete
	get, put string // actions
	remove   string // action; "" for one that cannot be deleted
	form     form
	missing  string // the code when there is none; "" when there is a default
	standard string // that default, a document without its first line
	// header goes with the document, as the first value unless it is given as
	// another of the values.
	header string
	values []string
	// check is asked before a document is kept, and may change it.
	check func(s *Service, c *call, n *node) error
}

var settings = []setting{
	{
		query: "versioning", event: "BucketVersioning", get: "s3:GetBucketVersioning", put: "s3:PutBucketVersioning",
		form:     tree("VersioningConfiguration", opt(leaf("Status", oneOf("Enabled", "Suspended"))), opt(leaf("MfaDelete", oneOf("Enabled", "Disabled")))),
		standard: "<VersioningConfiguration/>", check: checkVersioning,
	},
	{
		query: "encryption", event: "BucketEncryption", get: "s3:GetEncryptionConfiguration", put: "s3:PutEncryptionConfiguration", remove: "s3:PutEncryptionConfiguration",
		form: tree("ServerSideEncryptionConfiguration", form{"Rule", 1, 1, nil, []form{
			opt(tree("ApplyServerSideEncryptionByDefault", leaf("SSEAlgorithm", oneOf("AES256", "aws:kms", "aws:kms:dsse")), opt(leaf("KMSMasterKeyID", anyText)))),
			opt(leaf("BucketKeyEnabled", boolText)),
			opt(tree("BlockedEncryptionTypes", list(0, leaf("EncryptionType", oneOf("NONE", "SSE-C"))))),
		}}),
		standard: "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>false</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>",
		check:    checkEncryption,
	},
	{
		query: "publicAccessBlock", event: "BucketPublicAccessBlock", get: "s3:GetBucketPublicAccessBlock", put: "s3:PutBucketPublicAccessBlock", remove: "s3:PutBucketPublicAccessBlock",
		form: tree("PublicAccessBlockConfiguration", opt(leaf("BlockPublicAcls", boolText)), opt(leaf("IgnorePublicAcls", boolText)),
			opt(leaf("BlockPublicPolicy", boolText)), opt(leaf("RestrictPublicBuckets", boolText))),
		missing: "NoSuchPublicAccessBlockConfiguration", check: checkAccessBlock,
	},
	{
		query: "ownershipControls", event: "BucketOwnershipControls", get: "s3:GetBucketOwnershipControls", put: "s3:PutBucketOwnershipControls", remove: "s3:PutBucketOwnershipControls",
		form:    tree("OwnershipControls", tree("Rule", leaf("ObjectOwnership", oneOf(enforced, "BucketOwnerPreferred", "ObjectWriter")))),
		missing: "OwnershipControlsNotFoundError", check: checkOwnership,
	},
	{
		query: "lifecycle", event: "BucketLifecycle", get: "s3:GetLifecycleConfiguration", put: "s3:PutLifecycleConfiguration", remove: "s3:PutLifecycleConfiguration",
		form: lifecycleForm, missing: "NoSuchLifecycleConfiguration", check: checkLifecycle,
		header: "X-Amz-Transition-Default-Minimum-Object-Size", values: []string{"all_storage_classes_128K", "varies_by_storage_class"},
	},
	{
		query: "cors", event: "BucketCors", get: "s3:GetBucketCORS", put: "s3:PutBucketCORS", remove: "s3:PutBucketCORS",
		form: tree("CORSConfiguration", form{"CORSRule", 1, 100, nil, []form{
			opt(leaf("ID", atMost(255))), list(1, leaf("AllowedMethod", someText)), list(1, leaf("AllowedOrigin", someText)),
			list(0, leaf("AllowedHeader", someText)), list(0, leaf("ExposeHeader", someText)), opt(leaf("MaxAgeSeconds", number(0, math.MaxInt32))),
		}}),
		missing: "NoSuchCORSConfiguration", check: checkCORS,
	},
	{
		query: "website", event: "BucketWebsite", get: "s3:GetBucketWebsite", put: "s3:PutBucketWebsite", remove: "s3:DeleteBucketWebsite",
		form: tree("WebsiteConfiguration",
			opt(tree("IndexDocument", leaf("Suffix", someText))), opt(tree("ErrorDocument", leaf("Key", someText))),
			opt(tree("RedirectAllRequestsTo", leaf("HostName", someText), opt(leaf("Protocol", oneOf("http", "https"))))),
			opt(tree("RoutingRules", list(1, tree("RoutingRule",
				opt(tree("Condition", opt(leaf("KeyPrefixEquals", anyText)), opt(leaf("HttpErrorCodeReturnedEquals", number(400, 599))))),
				tree("Redirect", opt(leaf("Protocol", oneOf("http", "https"))), opt(leaf("HostName", someText)), opt(leaf("ReplaceKeyPrefixWith", anyText)),
					opt(leaf("ReplaceKeyWith", anyText)), opt(leaf("HttpRedirectCode", number(300, 399)))),
			))))),
		missing: "NoSuchWebsiteConfiguration",
	},
	{
		query: "logging", event: "BucketLogging", get: "s3:GetBucketLogging", put: "s3:PutBucketLogging",
		form: tree("BucketLoggingStatus", opt(tree("LoggingEnabled", leaf("TargetBucket", someText), leaf("TargetPrefix", anyText),
			opt(tree("TargetGrants", list(0, grantForm))),
			opt(tree("TargetObjectKeyFormat", opt(tree("SimplePrefix")), opt(tree("PartitionedPrefix", opt(leaf("PartitionDateSource", oneOf("EventTime", "DeliveryTime"))))))),
		))),
		standard: "<BucketLoggingStatus/>", check: checkLogging,
	},
	{
		query: "notification", event: "BucketNotification", get: "s3:GetBucketNotification", put: "s3:PutBucketNotification",
		form:     form{name: "NotificationConfiguration", parts: []form{}},
		standard: "<NotificationConfiguration/>",
		check: func(_ *Service, _ *call, n *node) error {
			return notBuilt(len(n.children) > 0, "Notifications of a bucket's events")
		},
	},
	{
		query: "requestPayment", event: "BucketRequestPayment", get: "s3:GetBucketRequestPayment", put: "s3:PutBucketRequestPayment",
		form:     tree("RequestPaymentConfiguration", leaf("Payer", oneOf("BucketOwner", "Requester"))),
		standard: "<RequestPaymentConfiguration><Payer>BucketOwner</Payer></RequestPaymentConfiguration>",
		check: func(_ *Service, _ *call, n *node) error {
			return notBuilt(n.value("Payer") == "Requester", "Buckets whose requesters pay")
		},
	},
	{
		query: "accelerate", event: "BucketAccelerateConfiguration", get: "s3:GetAccelerateConfiguration", put: "s3:PutAccelerateConfiguration",
		form:     tree("AccelerateConfiguration", leaf("Status", oneOf("Enabled", "Suspended"))),
		standard: "<AccelerateConfiguration/>",
		check: func(_ *Service, c *call, _ *node) error {
			if strings.Contains(c.bucket, ".") {
				return faultf("InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
			}
			return nil
		},
	},
	{
		query: "replication", event: "BucketReplication", get: "s3:GetReplicationConfiguration", put: "s3:PutReplicationConfiguration", remove: "s3:PutReplicationConfiguration",
		form: form{name: "ReplicationConfiguration"}, missing: "ReplicationConfigurationNotFoundError",
		check: func(*Service, *call, *node) error { return notBuilt(true, "Replication") },
	},
	{
		query: "object-lock", event: "BucketObjectLockConfiguration", get: "s3:GetBucketObjectLockConfiguration", put: "s3:PutBucketObjectLockConfiguration",
		form: form{name: "ObjectLockConfiguration"}, missing: "ObjectLockConfigurationNotFoundError",
		check: func(*Service, *call, *node) error { return notBuilt(true, "Object Lock") },
	},
	{
		query: "abac", event: "BucketAbac", get: "s3:GetBucketAbac", put: "s3:PutBucketAbac",
		form:     tree("AbacStatus", leaf("Status", oneOf("Enabled", "Disabled"))),
		standard: "<AbacStatus><Status>Disabled</Status></AbacStatus>",
		check: func(_ *Service, _ *call, n *node) error {
			return notBuilt(n.value("Status") == "Enabled", "Conditions on a bucket's tags")
		},
	},
}

// notBuilt refuses what would be kept without an effect.
func notBuilt(asked bool, what string) error {
	if !asked {
		return nil
	}
	return faultf("NotImplemented", what+" are not implemented by this endpoint.")
}

// operations are what can be done with a setting.
func (t setting) operations() []operation {
	ops := []operation{
		{method: http.MethodGet, query: t.query, level: onBucket, name: "Get" + t.event, action: t.get, readOnly: true, run: t.read},
		{method: http.MethodPut, query: t.query, level: onBucket, name: "Put" + t.event, action: t.put, run: t.write},
	}
	if t.remove != "" {
		ops = append(ops, operation{method: http.MethodDelete, query: t.query, level: onBucket, name: "Delete" + t.event, action: t.remove, run: t.delete})
	}
	return ops
}

func (t setting) read(_ *Service, c *call) (*answer, error) {
	text, ok := c.b.Settings[t.query]
	switch {
	case ok:
	case t.missing != "":
		return nil, fault(t.missing).with("BucketName", c.bucket)
	default:
		text = t.standard
	}
	a, err := storedDocument(text)
	if err == nil && t.header != "" {
		a.header = http.Header{t.header: {c.b.Settings[t.header]}}
	}
	return a, err
}

// storedDocument is the answer of a document as it is kept, without namespace
// and first line.
func storedDocument(text string) (*answer, error) {
	n, err := readXML(strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	return &answer{status: http.StatusOK, body: n.document(namespace)}, nil
}

func (t setting) write(s *Service, c *call) (*answer, error) {
	n, err := s.document(c)
	if err != nil {
		return nil, err
	}
	if n.name != t.form.name || len(t.form.parts) > 0 && !t.form.check(n) {
		return nil, fault("MalformedXML")
	}
	value := c.r.Header.Get(t.header)
	if value == "" && t.header != "" {
		value = t.values[0]
	}
	if t.header != "" && !oneOf(t.values...)(value) {
		return nil, faultf("InvalidRequest", "Invalid value of "+strings.ToLower(t.header)+": "+value)
	}
	err = s.change(c, func(b *Bucket) error {
		c.b = *b
		if t.check != nil {
			if err := t.check(s, c, n); err != nil {
				return err
			}
		}
		b.set(t.query, n.String())
		if t.header != "" {
			b.set(t.header, value)
		}
		return nil
	})
	a := empty(http.StatusOK)
	if t.header != "" {
		a.header.Set(t.header, value)
	}
	return a, err
}

func (t setting) delete(s *Service, c *call) (*answer, error) {
	err := s.change(c, func(b *Bucket) error {
		delete(b.Settings, t.query)
		delete(b.Settings, t.header)
		return nil
	})
	return empty(http.StatusNoContent), err
}

var lifecycleForm = tree("LifecycleConfiguration", form{"Rule", 1, 1000, nil, []form{
	opt(leaf("ID", atMost(255))), opt(leaf("Prefix", atMost(maxKey))), leaf("Status", oneOf("Enabled", "Disabled")),
	opt(tree("Filter", opt(leaf("Prefix", atMost(maxKey))), opt(tagForm), opt(leaf("ObjectSizeGreaterThan", number(0, math.MaxInt64))), opt(leaf("ObjectSizeLessThan", number(1, math.MaxInt64))),
		opt(tree("And", opt(leaf("Prefix", atMost(maxKey))), list(0, tagForm), opt(leaf("ObjectSizeGreaterThan", number(0, math.MaxInt64))), opt(leaf("ObjectSizeLessThan", number(1, math.MaxInt64))))))),
	opt(tree("Expiration", opt(leaf("Date", isDate)), opt(leaf("Days", number(1, math.MaxInt32))), opt(leaf("ExpiredObjectDeleteMarker", boolText)))),
	list(0, tree("Transition", opt(leaf("Date", isDate)), opt(leaf("Days", number(0, math.MaxInt32))), leaf("StorageClass", oneOf(storageClasses...)))),
	opt(tree("NoncurrentVersionExpiration", opt(leaf("NoncurrentDays", number(1, math.MaxInt32))), opt(leaf("NewerNoncurrentVersions", number(1, 100))))),
	list(0, tree("NoncurrentVersionTransition", opt(leaf("NoncurrentDays", number(0, math.MaxInt32))), opt(leaf("NewerNoncurrentVersions", number(1, 100))), leaf("StorageClass", oneOf(storageClasses...)))),
	opt(tree("AbortIncompleteMultipartUpload", leaf("DaysAfterInitiation", number(1, math.MaxInt32)))),
}})

func isDate(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// checkLifecycle gives each rule an id and refuses rules without an action [S3
// User Guide, "Lifecycle configuration elements"].
func checkLifecycle(s *Service, c *call, n *node) error {
	seen := map[string]bool{}
	for i, rule := range n.all("Rule") {
		actions := len(rule.children)
		for _, name := range []string{"ID", "Prefix", "Status", "Filter"} {
			if rule.child(name) != nil {
				actions--
			}
		}
		id := rule.child("ID")
		if id == nil {
			id = el("ID")
			rule.children = append([]*node{id}, rule.children...)
		}
		if id.text == "" {
			id.text = strings.ToLower(c.requestID) + strconv.Itoa(i)
		}
		switch {
		case actions == 0:
			return faultf("InvalidRequest", "At least one action needs to be specified in a rule")
		case seen[id.text]:
			return faultf("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
		case rule.child("Prefix") != nil && rule.child("Filter") != nil:
			return fault("MalformedXML")
		case rule.child("Prefix") == nil && rule.child("Filter") == nil:
			return fault("MalformedXML")
		}
		if f := rule.child("Filter"); f != nil && len(f.children) > 1 {
			return fault("MalformedXML")
		}
		if e := rule.child("Expiration"); e != nil && len(e.children) != 1 {
			return fault("MalformedXML")
		}
		seen[id.text] = true
	}
	return nil
}

func checkCORS(_ *Service, _ *call, n *node) error {
	for _, rule := range n.all("CORSRule") {
		for _, m := range rule.all("AllowedMethod") {
			if !oneOf("GET", "PUT", "HEAD", "POST", "DELETE")(m.text) {
				return faultf("InvalidRequest", "Found unsupported HTTP method in CORS config. Unsupported method is "+m.text)
			}
		}
	}
	return nil
}

// checkLogging keeps who is to get access logs, which are not written: BUG: a
// bucket whose access is logged on AWS has no access logs here.
func checkLogging(s *Service, c *call, n *node) error {
	target := n.value("LoggingEnabled", "TargetBucket")
	if target == "" {
		return nil
	}
	b, err := s.bucket(c.ctx, target)
	if err != nil || b.Owner != c.b.Owner {
		return fault("InvalidTargetBucketForLogging").with("TargetBucket", target)
	}
	return nil
}

func checkVersioning(_ *Service, _ *call, n *node) error {
	if n.value("Status") == "" {
		return fault("IllegalVersioningConfigurationException")
	}
	return notBuilt(n.value("MfaDelete") == "Enabled", "Deletions by MFA")
}

func checkEncryption(_ *Service, _ *call, n *node) error {
	rule := n.child("Rule")
	by := rule.child("ApplyServerSideEncryptionByDefault")
	if by == nil && rule.child("BlockedEncryptionTypes") == nil {
		return fault("MalformedXML")
	}
	if by != nil && by.value("SSEAlgorithm") == "AES256" && by.value("KMSMasterKeyID") != "" {
		return faultf("InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
	}
	if rule.child("BucketKeyEnabled") == nil {
		rule.add(el("BucketKeyEnabled", false))
	}
	return nil
}

// lists are settings of which a bucket has many, by id: none can be put.
var lists = []struct{ query, root, event, get, put string }{
	{"analytics", "ListBucketAnalyticsConfigurationsResult", "AnalyticsConfiguration", "s3:GetAnalyticsConfiguration", "s3:PutAnalyticsConfiguration"},
	{"inventory", "ListInventoryConfigurationsResult", "InventoryConfiguration", "s3:GetInventoryConfiguration", "s3:PutInventoryConfiguration"},
	{"metrics", "ListMetricsConfigurationsResult", "MetricsConfiguration", "s3:GetMetricsConfiguration", "s3:PutMetricsConfiguration"},
	{"intelligent-tiering", "ListBucketIntelligentTieringConfigurationsOutput", "IntelligentTieringConfiguration", "s3:GetIntelligentTieringConfiguration", "s3:PutIntelligentTieringConfiguration"},
}

func listOperations() (ops []operation) {
	for _, l := range lists {
		none := func(*Service, *call) (*answer, error) { return nil, fault("NoSuchConfiguration") }
		ops = append(ops,
			operation{method: http.MethodGet, query: l.query, level: onBucket, name: "GetBucket" + l.event, action: l.get, readOnly: true, run: func(s *Service, c *call) (*answer, error) {
				if c.r.URL.Query().Has("id") {
					return none(s, c)
				}
				return &answer{status: http.StatusOK, body: el(l.root, el("IsTruncated", false)).document(namespace)}, nil
			}},
			operation{method: http.MethodPut, query: l.query, level: onBucket, name: "PutBucket" + l.event, action: l.put, run: func(*Service, *call) (*answer, error) {
				return nil, notBuilt(true, "Configurations of "+l.query)
			}},
			operation{method: http.MethodDelete, query: l.query, level: onBucket, name: "DeleteBucket" + l.event, action: l.put, run: none},
		)
	}
	return ops
}
