// What a dashboard of ours may be, in the types that Grafana publishes. Enums are taken as the strings of their values,
// which is what JSON holds. The options of alertlist are in no package, and not checked; what Prometheus is asked is in
// none either, and stands here.
import type {
  AnnotationQuery,
  Dashboard,
  DashboardLink,
  FieldConfigSource,
  GraphFieldConfig,
  Panel,
  RowPanel,
  TableFieldOptions,
  VariableModel,
} from '@grafana/schema';
import type { Options as HeatmapOptions } from '@grafana/schema/dist/esm/raw/composable/heatmap/panelcfg/x/HeatmapPanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as LinesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Plain<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends Array<infer One>
      ? Array<Plain<One>>
      : T extends object
        ? { [Key in keyof T]: Plain<T[Key]> }
        : T;

interface Source {
  type: 'prometheus';
  uid: '$datasource';
}

interface Query {
  refId: string;
  datasource: Source;
  editorMode: 'code';
  expr: string;
  legendFormat: string;
  format: 'time_series' | 'table' | 'heatmap';
  instant: boolean;
  range: boolean;
  exemplar: boolean;
}

type Fields<Custom> = Omit<FieldConfigSource, 'defaults'> & {
  defaults: Omit<FieldConfigSource['defaults'], 'custom'> & { custom: Partial<Custom> };
};

type Shown<Kind extends string, Options, Custom = Record<string, never>> = Omit<
  Plain<Panel>,
  'type' | 'options' | 'targets' | 'fieldConfig' | 'datasource'
> & {
  type: Kind;
  datasource: Source;
  options: Plain<Options>;
  targets: Query[];
  fieldConfig: Plain<Fields<Custom>>;
};

type Row = Omit<Plain<RowPanel>, 'type' | 'panels'> & { type: 'row'; panels: [] };

type Deploys = Omit<Plain<AnnotationQuery>, 'target'> & {
  target: Pick<Query, 'refId' | 'expr'>;
  titleFormat: string;
  textFormat: string;
  useValueForTime: boolean;
};

export type Ours = Omit<Plain<Dashboard>, 'panels' | 'annotations' | 'templating' | 'links'> & {
  annotations: { list: Deploys[] };
  templating: { list: Array<Plain<VariableModel>> };
  links: Array<Plain<DashboardLink>>;
  panels: Array<
    | Row
    | Shown<'timeseries', LinesOptions, GraphFieldConfig>
    | Shown<'stat', StatOptions>
    | Shown<'table', TableOptions, TableFieldOptions>
    | Shown<'heatmap', HeatmapOptions>
    | Shown<'alertlist', Record<string, unknown>>
  >;
};
