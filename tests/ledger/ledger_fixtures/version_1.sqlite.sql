BEGIN TRANSACTION;
CREATE TABLE cells (
	dataset VARCHAR(64) NOT NULL, 
	dt VARCHAR(21) NOT NULL, 
	shop VARCHAR(64) NOT NULL, 
	platform VARCHAR(20) NOT NULL, 
	state VARCHAR(20) NOT NULL, 
	rows BIGINT, 
	attempts INTEGER NOT NULL, 
	reason TEXT NOT NULL, 
	updated_at DATETIME NOT NULL, 
	run_id VARCHAR(100) NOT NULL, 
	job JSON, 
	PRIMARY KEY (dataset, dt, shop)
);
INSERT INTO "cells" VALUES('jd_store','2026-03-01','flagship','jd','published',200,1,'','2026-11-24 00:26:39.564714','20260302T003000Z-1a2b3c',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-01','kids','jd','empty',0,1,'','2026-11-24 00:26:39.549635','20260302T003000Z-1a2b3c',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-01','outlet','jd','needs_login',NULL,1,'登录页要求短信验证码','2026-11-24 00:26:39.545907','20260302T003000Z-1a2b3c',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-01','sport','jd','failed',NULL,1,'JD 拒绝生成报表：don''t ask again; 100%','2026-11-24 00:26:39.552869','20260302T003000Z-1a2b3c',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-02','flagship','jd','staged',200,1,'','2026-11-24 00:26:39.579174','job-of-scrapyd',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-02','kids','jd','pending',NULL,0,'','2026-11-24 00:26:39.573973','',NULL);
INSERT INTO "cells" VALUES('jd_store','2026-03-02','outlet','jd','running',NULL,1,'','2026-11-24 00:26:39.583937','job-of-scrapyd','{"task_name": "商品明细_2026-03-02", "report_type": "supplyChainPro", "submitted_at": "2026-03-03T08:30:05.250000+08:00"}');
CREATE TABLE partitions (
	dataset VARCHAR(64) NOT NULL, 
	dt VARCHAR(21) NOT NULL, 
	platform VARCHAR(20) NOT NULL, 
	rows BIGINT NOT NULL, 
	published INTEGER NOT NULL, 
	missing JSON NOT NULL, 
	run_id VARCHAR(100) NOT NULL, 
	receipt_key VARCHAR(1024) NOT NULL, 
	parquet_sha256 VARCHAR(64) NOT NULL, 
	workbook_sha256 VARCHAR(64) NOT NULL, 
	published_at DATETIME NOT NULL, 
	columns JSON NOT NULL, 
	refresh_state VARCHAR(50) NOT NULL, 
	refresh_detail TEXT NOT NULL, 
	PRIMARY KEY (dataset, dt)
);
INSERT INTO "partitions" VALUES('jd_store','2026-03-01','jd',200,1,'[{"id": "outlet", "state": "needs_login", "reason": "登录页要求短信验证码"}, {"id": "sport", "state": "failed", "reason": "refused"}]','20260302T003000Z-1a2b3c','receipts/jd/jd_store/dt=2026-03-01.json','efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef','0101010101010101010101010101010101010101010101010101010101010101','2026-03-02 00:35:00.000000','["shop", "SKU", "毛利"]','COMPLETED','Metadata for table refreshed.');
CREATE TABLE raw_files (
	dataset VARCHAR(64) NOT NULL, 
	dt VARCHAR(21) NOT NULL, 
	shop VARCHAR(64) NOT NULL, 
	"key" VARCHAR(1024) NOT NULL, 
	sha256 VARCHAR(64) NOT NULL, 
	bytes BIGINT NOT NULL, 
	ext VARCHAR(10) NOT NULL, 
	rows BIGINT NOT NULL, 
	fetched_at DATETIME NOT NULL, 
	shop_name TEXT NOT NULL, 
	in_store BOOLEAN NOT NULL, 
	warnings JSON NOT NULL, 
	drift JSON NOT NULL, 
	PRIMARY KEY (dataset, dt, shop), 
	FOREIGN KEY(dataset, dt, shop) REFERENCES cells (dataset, dt, shop)
);
INSERT INTO "raw_files" VALUES('jd_store','2026-03-01','flagship','raw/jd/jd_store/dt=2026-03-01/flagship.xlsx','abababababababababababababababababababababababababababababababab',48213,'xlsx',200,'2026-03-02 00:30:05.123456','回力京东旗舰店',1,'["列 ''毛利'' 是新的"]','[{"new": ["毛利"]}]');
INSERT INTO "raw_files" VALUES('jd_store','2026-03-01','kids','raw/jd/jd_store/dt=2026-03-01/kids.xlsx','cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd',5120,'xlsx',0,'2026-03-02 00:31:00.000000','童鞋店',0,'[]','[]');
INSERT INTO "raw_files" VALUES('jd_store','2026-03-02','flagship','raw/jd/jd_store/dt=2026-03-02/flagship.xlsx','abababababababababababababababababababababababababababababababab',48213,'xlsx',200,'2026-03-02 00:30:05.123456','回力京东旗舰店',0,'["列 ''毛利'' 是新的"]','[{"new": ["毛利"]}]');
CREATE TABLE runs (
	run_id VARCHAR(100) NOT NULL, 
	spider VARCHAR(100) NOT NULL, 
	arguments JSON NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	outcome VARCHAR(50), 
	counts JSON NOT NULL, 
	PRIMARY KEY (run_id)
);
INSERT INTO "runs" VALUES('20260302T003000Z-1a2b3c','jd_store','{"date": "2026-03-01"}','2026-11-24 00:26:39.506248','2026-11-24 00:26:39.570082','incomplete','{"published": 1, "needs_login": 1, "empty": 1, "failed": 1}');
INSERT INTO "runs" VALUES('job-of-scrapyd','jd_store','{"date": "2026-03-02", "_job": "job-of-scrapyd"}','2026-11-24 00:26:39.572247',NULL,NULL,'{}');
CREATE TABLE schema_version (
	version INTEGER NOT NULL, 
	applied_at DATETIME NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema_version" VALUES(1,'2026-11-24 00:26:39.489275');
CREATE INDEX ix_cells_state ON cells (state);
CREATE INDEX ix_raw_files_in_store ON raw_files (in_store);
COMMIT;
