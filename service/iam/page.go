package iam

import (
	"encoding/base64"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"tocsin/store/state"
)

// A page is a part of a list.
type page[T any] struct {
	items     []T
	truncated bool
	marker    *string
}

// cut is the page behind marker, which holds the key of the last item before;
// items are in the order of keys.
func cut[T any](items []T, key func(T) string, marker *string, most *int32) (page[T], error) {
	if marker != nil {
		last, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil {
			return page[T]{}, invalid("Invalid Marker.")
		}
		for len(items) > 0 && key(items[0]) <= string(last) {
			items = items[1:]
		}
	}
	n := 100
	if most != nil {
		n = int(*most)
	}
	if len(items) <= n {
		return page[T]{items: items}, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(key(items[n-1])))
	return page[T]{items[:n], true, aws.String(next)}, nil
}

func byName[T any](r state.Resource[T]) string { return r.Name }

func same(s string) string { return s }

// under are those whose path begins with prefix.
func under[T any](all []state.Resource[T], prefix *string, path func(*T) string) []state.Resource[T] {
	var some []state.Resource[T]
	for _, r := range all {
		if strings.HasPrefix(path(&r.Value), aws.ToString(prefix)) {
			some = append(some, r)
		}
	}
	return some
}

// each makes a list of another; AWS's empty lists are there, not absent.
func each[T, U any](items []T, f func(T) U) []U {
	all := make([]U, len(items))
	for i, v := range items {
		all[i] = f(v)
	}
	return all
}
