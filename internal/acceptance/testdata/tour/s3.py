"""The tour of S3: buckets and their settings, objects, versions, uploads in parts, what is shown to whom."""

import gzip
import json
import urllib.error
import urllib.request

from tour import ACCOUNT, client, pages, refused, same

s3 = client("s3")
BUCKET = "bucket-of-the-tour"
of = {"Bucket": BUCKET}

# Buckets.
s3.create_bucket(**of)
s3.get_waiter("bucket_exists").wait(WaiterConfig={"Delay": 1, "MaxAttempts": 2}, **of)
s3.head_bucket(**of)
west = client("s3", region_name="eu-central-1")
with refused("BucketAlreadyOwnedByYou"):
    west.create_bucket(CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}, **of)
west.create_bucket(Bucket="bucket-of-the-tour-2", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
same(west.get_bucket_location(Bucket="bucket-of-the-tour-2")["LocationConstraint"], "eu-central-1")
same(s3.get_bucket_location(**of)["LocationConstraint"], None)
assert {BUCKET, "bucket-of-the-tour-2"} <= {b["Name"] for page in s3.get_paginator("list_buckets").paginate(PaginationConfig={"PageSize": 1}) for b in page["Buckets"]}
with refused("InvalidBucketName"):
    s3.create_bucket(Bucket="192.168.1.1")
with refused("NoSuchBucket", message="The specified bucket does not exist"):
    s3.list_objects_v2(Bucket="no-bucket-of-the-tour")
with refused("404"):
    s3.head_bucket(Bucket="no-bucket-of-the-tour")

# Settings that a bucket can have, there before, put, and gone.
public = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
aes = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]}
expires = [{"ID": "old", "Filter": {"Prefix": "logs/"}, "Status": "Enabled", "Expiration": {"Days": 30}}]
cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.com"]}]}
tags = {"TagSet": [{"Key": "team", "Value": "security"}]}
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]}


def setting(name, get, put, delete=None, missing=None):
    """A setting is put by what get gives; without one there is none, or a default."""
    read = lambda: {k: v for k, v in getattr(s3, f"get_{name}")(**of).items() if k in get}
    if missing:
        with refused(missing):
            read()
    getattr(s3, f"put_{name}")(**of, **put)
    same(read(), get)
    if delete:
        getattr(s3, delete)(**of)
        if missing:
            with refused(missing):
                read()


same(s3.get_public_access_block(**of)["PublicAccessBlockConfiguration"], public)
s3.delete_public_access_block(**of)
setting("public_access_block", {"PublicAccessBlockConfiguration": public}, {"PublicAccessBlockConfiguration": public}, "delete_public_access_block", "NoSuchPublicAccessBlockConfiguration")
owner = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
same(s3.get_bucket_ownership_controls(**of)["OwnershipControls"]["Rules"], [{"ObjectOwnership": "BucketOwnerEnforced"}])
s3.delete_bucket_ownership_controls(**of)
setting("bucket_ownership_controls", {"OwnershipControls": owner}, {"OwnershipControls": owner}, missing="OwnershipControlsNotFoundError")
setting("bucket_encryption", {"ServerSideEncryptionConfiguration": aes}, {"ServerSideEncryptionConfiguration": aes}, "delete_bucket_encryption")
setting("bucket_lifecycle_configuration", {"Rules": expires}, {"LifecycleConfiguration": {"Rules": expires}}, "delete_bucket_lifecycle", "NoSuchLifecycleConfiguration")
setting("bucket_cors", cors, {"CORSConfiguration": cors}, "delete_bucket_cors", "NoSuchCORSConfiguration")
setting("bucket_tagging", tags, {"Tagging": tags}, "delete_bucket_tagging", "NoSuchTagSet")
website = {"IndexDocument": {"Suffix": "index.html"}}
setting("bucket_website", website, {"WebsiteConfiguration": website}, "delete_bucket_website", "NoSuchWebsiteConfiguration")
setting("bucket_accelerate_configuration", {"Status": "Suspended"}, {"AccelerateConfiguration": {"Status": "Suspended"}})
setting("bucket_request_payment", {"Payer": "BucketOwner"}, {"RequestPaymentConfiguration": {"Payer": "BucketOwner"}})
logging = {"LoggingEnabled": {"TargetBucket": BUCKET, "TargetPrefix": "access/"}}
setting("bucket_logging", logging, {"BucketLoggingStatus": logging})
setting("bucket_notification_configuration", {}, {"NotificationConfiguration": {}})
setting("bucket_abac", {"AbacStatus": {"Status": "Disabled"}}, {"AbacStatus": {"Status": "Disabled"}})
s3.put_bucket_policy(Policy=json.dumps(allow), **of)
same((json.loads(s3.get_bucket_policy(**of)["Policy"]), s3.get_bucket_policy_status(**of)["PolicyStatus"]), (allow, {"IsPublic": False}))
with refused("MalformedPolicy"):
    s3.put_bucket_policy(Policy="{}", **of)
s3.delete_bucket_policy(**of)
with refused("NoSuchBucketPolicy", message="The bucket policy does not exist"):
    s3.get_bucket_policy(**of)
s3.put_bucket_acl(ACL="private", **of)
same([g["Permission"] for g in s3.get_bucket_acl(**of)["Grants"]], ["FULL_CONTROL"])

# What is asked for by many clients, and never there.
for name, missing in (("replication", "ReplicationConfigurationNotFoundError"), ("object_lock", "ObjectLockConfigurationNotFoundError")):
    get, put = (s3.get_bucket_replication, s3.put_bucket_replication) if name == "replication" else (s3.get_object_lock_configuration, s3.put_object_lock_configuration)
    with refused(missing, operation=get.__name__.title().replace("_", "")):
        get(**of)
    with refused("NotImplemented", operation=put.__name__.title().replace("_", "")):
        put(**of, **({"ReplicationConfiguration": {"Role": "r", "Rules": [{"Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::b"}}]}} if name == "replication"
                     else {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}))
s3.delete_bucket_replication(**of)
inventory = {"Id": "one", "IsEnabled": True, "IncludedObjectVersions": "All", "Schedule": {"Frequency": "Daily"},
             "Destination": {"S3BucketDestination": {"Bucket": f"arn:aws:s3:::{BUCKET}", "Format": "CSV"}}}
for name, member, configuration in (
        ("analytics", "AnalyticsConfiguration", {"Id": "one", "StorageClassAnalysis": {}}), ("inventory", "InventoryConfiguration", inventory),
        ("metrics", "MetricsConfiguration", {"Id": "one"}),
        ("intelligent_tiering", "IntelligentTieringConfiguration", {"Id": "one", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]})):
    words = "".join(w.title() for w in name.split("_"))
    with refused("NoSuchConfiguration", operation=f"GetBucket{words}Configuration"):
        getattr(s3, f"get_bucket_{name}_configuration")(Id="one", **of)
    with refused("NotImplemented", operation=f"PutBucket{words}Configuration"):
        getattr(s3, f"put_bucket_{name}_configuration")(Id="one", **of, **{member: configuration})
    with refused("NoSuchConfiguration", operation=f"DeleteBucket{words}Configuration"):
        getattr(s3, f"delete_bucket_{name}_configuration")(Id="one", **of)

# Objects.
put = s3.put_object(Key="a/one.txt", Body=b"first", ContentType="text/plain", Metadata={"made-by": "tour"}, Tagging="a=b", ChecksumAlgorithm="SHA256", **of)
same((put["ETag"], put["ChecksumSHA256"]), ('"8b04d5e3775d298e78455efc5ca404d5"', "p5N7ZLjKpY8Dchu2us9ceMsjX+vg5wsbhM2ZVBRhoI4="))
s3.get_waiter("object_exists").wait(Key="a/one.txt", WaiterConfig={"Delay": 1, "MaxAttempts": 2}, **of)
got = s3.get_object(Key="a/one.txt", ChecksumMode="ENABLED", **of)
same((got["Body"].read(), got["ContentType"], got["Metadata"], got["TagCount"]), (b"first", "text/plain", {"made-by": "tour"}, 1))
same(s3.get_object(Key="a/one.txt", Range="bytes=1-3", **of)["Body"].read(), b"irs")
head = s3.head_object(Key="a/one.txt", **of)
same((head["ContentLength"], head["ETag"]), (5, put["ETag"]))
with refused("404"):
    s3.head_object(Key="missing", **of)
with refused(s3.exceptions.NoSuchKey, message="The specified key does not exist."):
    s3.get_object(Key="missing", **of)
with refused("304"):
    s3.get_object(Key="a/one.txt", IfNoneMatch=put["ETag"], **of)
with refused("PreconditionFailed"):
    s3.put_object(Key="a/one.txt", Body=b"again", IfNoneMatch="*", **of)
with refused("BadDigest"):
    s3.put_object(Key="bad", Body=b"one", ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==", **of)
same(s3.get_object_attributes(Key="a/one.txt", ObjectAttributes=["ETag", "ObjectSize", "Checksum"], **of)["ObjectSize"], 5)
same(s3.get_object_tagging(Key="a/one.txt", **of)["TagSet"], [{"Key": "a", "Value": "b"}])
s3.put_object_tagging(Key="a/one.txt", Tagging=tags, **of)
same(s3.get_object_tagging(Key="a/one.txt", **of)["TagSet"], tags["TagSet"])
s3.delete_object_tagging(Key="a/one.txt", **of)
same(s3.get_object_tagging(Key="a/one.txt", **of)["TagSet"], [])
s3.put_object_acl(Key="a/one.txt", ACL="bucket-owner-full-control", **of)
assert s3.get_object_acl(Key="a/one.txt", **of)["Grants"]
with refused("InvalidRequest", operation="GetObjectLegalHold"):
    s3.get_object_legal_hold(Key="a/one.txt", **of)
with refused("InvalidRequest", operation="GetObjectRetention"):
    s3.get_object_retention(Key="a/one.txt", **of)
copied = s3.copy_object(Key="b/copy of ü.txt", CopySource={"Bucket": BUCKET, "Key": "a/one.txt"}, MetadataDirective="REPLACE", Metadata={"made-by": "copying"}, **of)
same(copied["CopyObjectResult"]["ETag"], put["ETag"])
same(s3.get_object(Key="b/copy of ü.txt", **of)["Metadata"], {"made-by": "copying"})
for i in range(5):
    s3.put_object(Key=f"c/{i}.json.gz", Body=gzip.compress(b"{}", mtime=0), ContentEncoding="gzip", **of)
keys = [f"c/{i}.json.gz" for i in range(5)]
same([o["Key"] for o in pages(s3, "list_objects_v2", "Contents", Prefix="c/", **of)], keys)
same([o["Key"] for o in pages(s3, "list_objects", "Contents", Prefix="c/", **of)], keys)
same([p["Prefix"] for page in s3.get_paginator("list_objects_v2").paginate(Delimiter="/", PaginationConfig={"PageSize": 1}, **of) for p in page["CommonPrefixes"]], ["a/", "b/", "c/"])
same([o["Key"] for o in s3.list_objects_v2(StartAfter="c/2.json.gz", **of)["Contents"]], keys[3:])

# Uploads in parts.
big = bytes(range(256)) * 20 * 1024  # 5 MiB
upload = s3.create_multipart_upload(Key="big", ContentType="application/octet-stream", **of)["UploadId"]
same([u["Key"] for page in s3.get_paginator("list_multipart_uploads").paginate(**of) for u in page.get("Uploads", [])], ["big"])
one = s3.upload_part(Key="big", UploadId=upload, PartNumber=1, Body=big, **of)["ETag"]
s3.put_object(Key="source", Body=b"the end of it", **of)
two = s3.upload_part_copy(Key="big", UploadId=upload, PartNumber=2, CopySource={"Bucket": BUCKET, "Key": "source"}, CopySourceRange="bytes=0-6", **of)["CopyPartResult"]["ETag"]
same([p["Size"] for p in pages(s3, "list_parts", "Parts", at_most=1, Key="big", UploadId=upload, **of)], [len(big), 7])
with refused("InvalidPart"):
    s3.complete_multipart_upload(Key="big", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": two}]}, **of)
done = s3.complete_multipart_upload(Key="big", UploadId=upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": one}, {"PartNumber": 2, "ETag": two}]}, **of)
assert done["ETag"].endswith('-2"'), done
same(s3.get_object(Key="big", **of)["Body"].read(), big + b"the end")
upload = s3.create_multipart_upload(Key="given up", **of)["UploadId"]
s3.abort_multipart_upload(Key="given up", UploadId=upload, **of)
with refused(s3.exceptions.NoSuchUpload):
    s3.list_parts(Key="given up", UploadId=upload, **of)

# Versions.
same(s3.get_bucket_versioning(**of).get("Status"), None)
s3.put_bucket_versioning(VersioningConfiguration={"Status": "Enabled"}, **of)
same(s3.get_bucket_versioning(**of)["Status"], "Enabled")
second = s3.put_object(Key="a/one.txt", Body=b"second", **of)["VersionId"]
marker = s3.delete_object(Key="a/one.txt", **of)
same(marker["DeleteMarker"], True)
with refused(s3.exceptions.NoSuchKey):
    s3.get_object(Key="a/one.txt", **of)
same(s3.get_object(Key="a/one.txt", VersionId=second, **of)["Body"].read(), b"second")
same(s3.get_object(Key="a/one.txt", VersionId="null", **of)["Body"].read(), b"first")
found = s3.list_object_versions(Prefix="a/", **of)
same(([v["VersionId"] for v in found["Versions"]], [m["VersionId"] for m in found["DeleteMarkers"]]), ([second, "null"], [marker["VersionId"]]))
s3.delete_object(Key="a/one.txt", VersionId=marker["VersionId"], **of)
same(s3.get_object(Key="a/one.txt", **of)["Body"].read(), b"second")

# Signed links, and what is shown to everybody.
link = s3.generate_presigned_url("get_object", Params={"Key": "source", **of}, ExpiresIn=60)
same(urllib.request.urlopen(link).read(), b"the end of it")


def status(url):
    try:
        return urllib.request.urlopen(url).status
    except urllib.error.HTTPError as e:
        return e.code


same(status(link.replace("source", "big")), 403)
bare = link.split("?")[0]
same(status(bare), 403)
allow["Statement"][0]["Principal"] = "*"
s3.put_bucket_policy(Policy=json.dumps(allow), **of)
same((status(bare), s3.get_bucket_policy_status(**of)["PolicyStatus"]["IsPublic"]), (200, True))

# Nothing is left.
with refused("BucketNotEmpty"):
    s3.delete_bucket(**of)
for page in s3.get_paginator("list_object_versions").paginate(PaginationConfig={"PageSize": 3}, **of):
    all_of_it = [{"Key": v["Key"], "VersionId": v["VersionId"]} for v in page.get("Versions", []) + page.get("DeleteMarkers", [])]
    same(s3.delete_objects(Delete={"Objects": all_of_it, "Quiet": True}, **of).get("Errors"), None)
s3.delete_bucket(**of)
west.delete_bucket(Bucket="bucket-of-the-tour-2")
s3.get_waiter("bucket_not_exists").wait(WaiterConfig={"Delay": 1, "MaxAttempts": 2}, **of)
