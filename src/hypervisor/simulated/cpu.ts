// CPU models of simulated hosts, oldest first: a host runs its own and every older one.

const MODELS = [
  'Nehalem',
  'SandyBridge',
  'Haswell',
  'Skylake-Server',
  'Cascadelake-Server',
  'Icelake-Server',
  'SapphireRapids',
];

export function cpuXml(model: string): string {
  return `<cpu mode='custom' match='exact'><model fallback='forbid'>${model}</model></cpu>`;
}

/** undefined where one of the two is no model that is known here. */
export function runsCpu(hostModel: string, xml: string): boolean | undefined {
  const wanted = MODELS.indexOf(modelOf(xml));
  const own = MODELS.indexOf(hostModel);
  return wanted < 0 || own < 0 ? undefined : wanted <= own;
}

/** Empty where any model is not known. */
export function baselineCpu(hostModel: string, xmls: readonly string[]): string {
  const ages = [hostModel, ...xmls.map(modelOf)].map((model) => MODELS.indexOf(model));
  const oldest = MODELS[Math.min(...ages)];
  return oldest === undefined ? '' : cpuXml(oldest);
}

function modelOf(xml: string): string {
  return /<model[^>]*>\s*([^<\s]+)\s*<\/model>/.exec(xml)?.[1] ?? '';
}
