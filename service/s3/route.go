package s3

import (
	"net/http"
	"net/url"
	"strings"

	"tocsin/service"
)

type level uint8

const (
	onService level = iota
	onBucket
	onObject
)

// An operation is one of S3's.
type operation struct {
	method string
	query  string // the subresource; "" for the thing itself
	level  level
	name   string // CloudTrail's eventName
	action string // what it needs, as policies call it
	// versioned is the action when a version is named; "" for action.
	versioned string
	readOnly  bool
	data      bool // a data event
	// needs are what it needs besides, or instead when own is set.
	needs func(*call) []service.Need
	own   bool
	run   func(*Service, *call) (*answer, error)
}

// operations are all, by method, level and subresource.
var operations = index()

type place struct {
	method string
	level  level
	query  string
}

func index() map[place]operation {
	all := map[place]operation{}
	add := func(ops ...operation) {
		for _, op := range ops {
			all[place{op.method, op.level, op.query}] = op
		}
	}
	add(bucketOperations...)
	add(objectOperations...)
	add(uploadOperations...)
	for _, t := range settings {
		add(t.operations()...)
	}
	add(listOperations()...)
	return all
}

// subresources are the parameters that make another thing of a bucket or object.
// The first that a request has decides.
var subresources = map[level][]string{
	onBucket: {
		"abac", "accelerate", "acl", "analytics", "cors", "delete", "encryption", "intelligent-tiering", "inventory", "lifecycle", "location",
		"logging", "metadataConfiguration", "metadataTable", "metadataInventoryTable", "metadataJournalTable", "metadataAnnotationTable", "metrics", "notification", "object-lock",
		"ownershipControls", "policy", "policyStatus", "publicAccessBlock", "replication", "requestPayment", "session", "tagging", "uploads",
		"versioning", "versions", "website",
	},
	onObject: {
		"acl", "annotation", "attributes", "encryption", "legal-hold", "renameObject", "restore", "retention", "select", "tagging", "torrent",
		"uploads", "uploadId",
	},
}

// copying is added to the subresource of what takes its bytes from another object.
const copying = "+copy"

// route finds the operation of a request. With an error it still tells the level.
func route(c *call) (operation, error) {
	r := c.r
	at := onObject
	switch {
	case c.bucket == "":
		at = onService
	case c.key == "":
		at = onBucket
	}
	unknown := operation{level: at, name: r.Method, own: true}
	if at == onService {
		if c.key != "" {
			return unknown, fault("InvalidBucketName").with("BucketName", "")
		}
		if r.Method == http.MethodGet {
			return operations[place{http.MethodGet, onService, ""}], nil
		}
		return unknown, fault("MethodNotAllowed").with("Method", r.Method, "ResourceType", "SERVICE")
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return unknown, fault("InvalidURI").with("URI", r.URL.Path)
	}
	sub := ""
	for _, name := range subresources[at] {
		if query.Has(name) {
			sub = name
			break
		}
	}
	if r.Method == http.MethodPut && at == onObject && r.Header.Get("X-Amz-Copy-Source") != "" && (sub == "" || sub == "uploadId") {
		sub += copying
	}
	if op, ok := operations[place{r.Method, at, sub}]; ok {
		return op, nil
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPost, http.MethodDelete} {
		if _, ok := operations[place{method, at, sub}]; ok && sub != "" {
			return unknown, fault("MethodNotAllowed").with("Method", r.Method, "ResourceType", strings.ToUpper(sub))
		}
	}
	switch {
	case sub != "":
		return unknown, faultf("NotImplemented", "A request with the parameter "+sub+" implies functionality that is not implemented.")
	case r.Method == http.MethodPost:
		return unknown, faultf("NotImplemented", "Uploads by forms of browsers are not implemented.")
	}
	return unknown, fault("MethodNotAllowed").with("Method", r.Method, "ResourceType", map[level]string{onBucket: "BUCKET", onObject: "OBJECT"}[at])
}
