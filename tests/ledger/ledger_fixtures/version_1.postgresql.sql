CREATE TABLE public.cells (
    dataset character varying(64) NOT NULL,
    dt character varying(21) NOT NULL,
    shop character varying(64) NOT NULL,
    platform character varying(20) NOT NULL,
    state character varying(20) NOT NULL,
    rows bigint,
    attempts integer NOT NULL,
    reason text NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    run_id character varying(100) NOT NULL,
    job json
);
CREATE TABLE public.partitions (
    dataset character varying(64) NOT NULL,
    dt character varying(21) NOT NULL,
    platform character varying(20) NOT NULL,
    rows bigint NOT NULL,
    published integer NOT NULL,
    missing json NOT NULL,
    run_id character varying(100) NOT NULL,
    receipt_key character varying(1024) NOT NULL,
    parquet_sha256 character varying(64) NOT NULL,
    workbook_sha256 character varying(64) NOT NULL,
    published_at timestamp with time zone NOT NULL,
    columns json NOT NULL,
    refresh_state character varying(50) NOT NULL,
    refresh_detail text NOT NULL
);
CREATE TABLE public.raw_files (
    dataset character varying(64) NOT NULL,
    dt character varying(21) NOT NULL,
    shop character varying(64) NOT NULL,
    key character varying(1024) NOT NULL,
    sha256 character varying(64) NOT NULL,
    bytes bigint NOT NULL,
    ext character varying(10) NOT NULL,
    rows bigint NOT NULL,
    fetched_at timestamp with time zone NOT NULL,
    shop_name text NOT NULL,
    in_store boolean NOT NULL,
    warnings json NOT NULL,
    drift json NOT NULL
);
CREATE TABLE public.runs (
    run_id character varying(100) NOT NULL,
    spider character varying(100) NOT NULL,
    arguments json NOT NULL,
    started_at timestamp with time zone NOT NULL,
    finished_at timestamp with time zone,
    outcome character varying(50),
    counts json NOT NULL
);
CREATE TABLE public.schema_version (
    version integer NOT NULL,
    applied_at timestamp with time zone NOT NULL
);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-01', 'outlet', 'jd', 'needs_login', NULL, 1, '登录页要求短信验证码', '2026-11-24 00:26:41.698959+00', '20260302T003000Z-1a2b3c', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-01', 'kids', 'jd', 'empty', 0, 1, '', '2026-11-24 00:26:41.702408+00', '20260302T003000Z-1a2b3c', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-01', 'sport', 'jd', 'failed', NULL, 1, 'JD 拒绝生成报表：don''t ask again; 100%', '2026-11-24 00:26:41.705555+00', '20260302T003000Z-1a2b3c', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-01', 'flagship', 'jd', 'published', 200, 1, '', '2026-11-24 00:26:41.712905+00', '20260302T003000Z-1a2b3c', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-02', 'kids', 'jd', 'pending', NULL, 0, '', '2026-11-24 00:26:41.72113+00', '', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-02', 'flagship', 'jd', 'staged', 200, 1, '', '2026-11-24 00:26:41.726999+00', 'job-of-scrapyd', NULL);
INSERT INTO public.cells VALUES ('jd_store', '2026-03-02', 'outlet', 'jd', 'running', NULL, 1, '', '2026-11-24 00:26:41.733483+00', 'job-of-scrapyd', '{"task_name": "商品明细_2026-03-02", "report_type": "supplyChainPro", "submitted_at": "2026-03-03T08:30:05.250000+08:00"}');
INSERT INTO public.partitions VALUES ('jd_store', '2026-03-01', 'jd', 200, 1, '[{"id": "outlet", "state": "needs_login", "reason": "登录页要求短信验证码"}, {"id": "sport", "state": "failed", "reason": "refused"}]', '20260302T003000Z-1a2b3c', 'receipts/jd/jd_store/dt=2026-03-01.json', 'efefefefefefefefefefefefefefefefefefefefefefefefefefefefefefefef', '0101010101010101010101010101010101010101010101010101010101010101', '2026-03-02 00:35:00+00', '["shop", "SKU", "毛利"]', 'COMPLETED', 'Metadata for table refreshed.');
INSERT INTO public.raw_files VALUES ('jd_store', '2026-03-01', 'flagship', 'raw/jd/jd_store/dt=2026-03-01/flagship.xlsx', 'abababababababababababababababababababababababababababababababab', 48213, 'xlsx', 200, '2026-03-02 00:30:05.123456+00', '回力京东旗舰店', true, '["列 ''毛利'' 是新的"]', '[{"new": ["毛利"]}]');
INSERT INTO public.raw_files VALUES ('jd_store', '2026-03-01', 'kids', 'raw/jd/jd_store/dt=2026-03-01/kids.xlsx', 'cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd', 5120, 'xlsx', 0, '2026-03-02 00:31:00+00', '童鞋店', false, '[]', '[]');
INSERT INTO public.raw_files VALUES ('jd_store', '2026-03-02', 'flagship', 'raw/jd/jd_store/dt=2026-03-02/flagship.xlsx', 'abababababababababababababababababababababababababababababababab', 48213, 'xlsx', 200, '2026-03-02 00:30:05.123456+00', '回力京东旗舰店', false, '["列 ''毛利'' 是新的"]', '[{"new": ["毛利"]}]');
INSERT INTO public.runs VALUES ('20260302T003000Z-1a2b3c', 'jd_store', '{"date": "2026-03-01"}', '2026-11-24 00:26:41.661292+00', '2026-11-24 00:26:41.717403+00', 'incomplete', '{"published": 1, "needs_login": 1, "empty": 1, "failed": 1}');
INSERT INTO public.runs VALUES ('job-of-scrapyd', 'jd_store', '{"date": "2026-03-02", "_job": "job-of-scrapyd"}', '2026-11-24 00:26:41.719513+00', NULL, NULL, '{}');
INSERT INTO public.schema_version VALUES (1, '2026-11-24 00:26:41.648014+00');
ALTER TABLE ONLY public.cells
    ADD CONSTRAINT cells_pkey PRIMARY KEY (dataset, dt, shop);
ALTER TABLE ONLY public.partitions
    ADD CONSTRAINT partitions_pkey PRIMARY KEY (dataset, dt);
ALTER TABLE ONLY public.raw_files
    ADD CONSTRAINT raw_files_pkey PRIMARY KEY (dataset, dt, shop);
ALTER TABLE ONLY public.runs
    ADD CONSTRAINT runs_pkey PRIMARY KEY (run_id);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (version);
CREATE INDEX ix_cells_state ON public.cells USING btree (state);
CREATE INDEX ix_raw_files_in_store ON public.raw_files USING btree (in_store);
ALTER TABLE ONLY public.raw_files
    ADD CONSTRAINT raw_files_dataset_dt_shop_fkey FOREIGN KEY (dataset, dt, shop) REFERENCES public.cells(dataset, dt, shop);
