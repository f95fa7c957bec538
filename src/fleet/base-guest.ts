// Base guests, the models that guests are made from, and the domain XML texts behind them.

/** A domain XML text under its key; guests made from one base guest share it. Opaque here: only xml/ reads it. */
export interface Template {
  readonly key: string;
  readonly xml: string;
  readonly revision: number;
}

export interface BaseGuest {
  readonly name: string;
  /** Key of its Template: the SHA-256 of the text. */
  readonly template: string;
  /** Base image of each disk, by target device (vda ...); the volume's name in the guest's pool. */
  readonly images: Readonly<Record<string, string>>;
  /** Disks' target devices in the order of the XML. */
  readonly diskTargets: readonly string[];
  /** Networks and bridges its interfaces need. */
  readonly nics: readonly { readonly kind: 'NETWORK' | 'BRIDGE'; readonly source: string }[];
  readonly machineType: string;
  readonly createdAt: Date;
  readonly revision: number;
}
