package s3

import (
	"context"
	"errors"
	"net/http"

	"tocsin/service"
	"tocsin/store/state"
)

// A deletion is what became of one.
type deletion struct {
	version string // that was deleted, or that of the marker that was made
	marker  bool   // whether that version is a delete marker
	made    bool   // whether a marker was made
}

// remove deletes a version, or, where the bucket has versions and none is named,
// puts a delete marker on top. What is not there is deleted already.
func (s *Service) remove(ctx context.Context, bucket, key, version, match string) (d deletion, err error) {
	if version != "" && !validVersion(version) {
		return d, faultf("InvalidArgument", "Invalid version id specified").with("ArgumentName", "versionId", "ArgumentValue", version)
	}
	err = s.update(ctx, func(tx *state.Tx) error {
		d = deletion{}
		b, err := s.lock(ctx, tx, bucket)
		if err != nil {
			return err
		}
		if match != "" {
			if err := (draft{bucket: bucket, key: key, match: match}).checkConditions(ctx, tx); err != nil {
				return err
			}
		}
		if version == "" && b.versioning() != "" {
			o, replaced, err := tx.PutObject(ctx, state.Object{
				Bucket: bucket, Key: key, Version: b.newVersion(), Marker: true, Modified: s.o.Now(),
				Extra: meta{Owner: b.Owner}.text(),
			})
			if err != nil {
				return err
			}
			d = deletion{version: o.Version, marker: true, made: true}
			return s.dropParts(ctx, tx, replaced)
		}
		d.version = version
		if version == "" {
			version = nullVersion
		}
		o, err := tx.DeleteObject(ctx, bucket, key, version, s.o.Now())
		if errors.Is(err, state.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		d.marker = o.Marker
		return s.dropParts(ctx, tx, &o)
	})
	return d, err
}

func (s *Service) deleteObject(c *call) (*answer, error) {
	d, err := s.remove(c.ctx, c.bucket, c.key, c.r.URL.Query().Get("versionId"), c.r.Header.Get("If-Match"))
	if err != nil {
		return nil, err
	}
	a := empty(http.StatusNoContent)
	if d.marker {
		a.header.Set("X-Amz-Delete-Marker", "true")
	}
	if d.version != "" {
		a.header.Set("X-Amz-Version-Id", d.version)
	}
	return a, nil
}

var deleteForm = tree("Delete", opt(leaf("Quiet", boolText)),
	list(1, tree("Object", leaf("Key", someText), opt(leaf("VersionId", anyText)), opt(leaf("ETag", anyText)), opt(leaf("LastModifiedTime", anyText)), opt(leaf("Size", anyText)))))

// deleteObjects deletes up to a thousand; what cannot be deleted is told one by one.
func (s *Service) deleteObjects(c *call) (*answer, error) {
	n, err := s.document(c)
	if err != nil {
		return nil, err
	}
	if !deleteForm.check(n) {
		return nil, fault("MalformedXML")
	}
	quiet := n.value("Quiet") == "true"
	for _, o := range n.all("Object") {
		if o.child("LastModifiedTime") != nil || o.child("Size") != nil {
			return nil, notBuilt(true, "Deletions on the condition of a time or a size")
		}
	}
	out := el("DeleteResult")
	for _, o := range n.all("Object") {
		key, version := o.value("Key"), o.value("VersionId")
		d, err := s.deleteOne(c, key, version, o.value("ETag"))
		if err != nil {
			f := s.fault(c, err)
			out.add(el("Error", el("Key", key), optional("VersionId", version), el("Code", f.Code), el("Message", f.Message)))
			continue
		}
		if quiet {
			continue
		}
		deleted := el("Deleted", el("Key", key), optional("VersionId", version))
		if d.marker {
			deleted.add(el("DeleteMarker", true), el("DeleteMarkerVersionId", d.version))
		}
		out.add(deleted)
	}
	return &answer{status: http.StatusOK, body: out.document(namespace)}, nil
}

func (s *Service) deleteOne(c *call, key, version, match string) (deletion, error) {
	need := service.Need{Action: "s3:DeleteObject", Resource: s.arn(c.bucket + "/" + key)}
	if version != "" {
		need.Action = "s3:DeleteObjectVersion"
		need.Context = s.conditions(c)
		need.Context["s3:VersionId"] = []string{version}
	}
	if err := s.permit(c, []service.Need{need}); err != nil {
		return deletion{}, err
	}
	return s.remove(c.ctx, c.bucket, key, version, match)
}
